"""Words that are small in mid-sentence, although engines begin every text with a capital. Pure.

The lists are closed: a word that is not there may be a name, and keeps its capital. A word that is
also a name, a month or a nationality is not there ("may", "will", "mark", "march"), and neither is
a German word that is also a noun ("morgen", "essen", "leben") or a polite form ("Sie", "Ihr").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FirstWords:
    """Those of one language, in small letters."""

    always: frozenset[str]
    """Small before any word: "and John"."""
    in_no_name: frozenset[str] = frozenset()
    """Small unless the next word has a capital, too: "new ideas", but "New York"."""
    before_a_noun: frozenset[str] = frozenset()
    """In German small if the next word has a capital: "neue Ideen", but "etwas Neues"."""
    elided: frozenset[str] = frozenset()
    """What an apostrophe joins to the word after it: "l'Italie"."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH: Final = FirstWords(
    always=_words("""
        a about above absolutely according across actually additionally after afterwards again
        against ago ah ahead all almost along already alright also although altogether always am
        among an and another any anybody anyone anything anyway anyways anywhere apart apparently
        are aren't around as aside ask assuming at away back basically be because been before behind
        being below beside besides between beyond both but by call came can can't cannot cause
        certain certainly check clearly come completely consequently considering could couldn't
        currently definitely depends despite did didn't do does doesn't doing don't done due during
        each easily either else enough especially essentially even eventually ever every everybody
        everyone everything everywhere exactly except excuse far few fewer finally firstly for
        forget former fortunately found frankly frequently from fully further furthermore generally
        get give given go gonna got gotta guess had hadn't hardly has hasn't have haven't having he
        hence her here hers herself him himself his honestly hopefully how however huh if
        immediately in indeed inside instead into is isn't it its itself just keep kinda kindly
        knowing known lastly later least less let like likely likewise literally little look looks
        lots luckily made mainly make making many maybe me mean meaning means meanwhile might mind
        mine more moreover most mostly much must my myself nah namely near nearly need neither never
        nevertheless next no nobody none nonetheless nope nor normally not nothing now nowhere
        obviously of off often oh ok okay on once only onto or originally other others otherwise
        ought our ours ourselves out outside over overall own particularly partly per perhaps
        personally please plus possibly presumably previously primarily probably provided put
        quickly quite rather really recently regarding regardless remember roughly sadly said same
        saw say saying scarcely secondly see seems send seriously several shall she should shouldn't
        show similarly simply since slightly slowly so some somebody somehow someone something
        sometimes somewhat somewhere soon sounds speaking specifically still strongly such suddenly
        sure surely take taking technically tell than thank thankfully thanks that the their theirs
        them themselves then there thereby therefore these they think this those though thought
        through throughout thus till to today together tomorrow tonight too took totally toward
        towards tried try trying typically ultimately under unfortunately unless unlike until unto
        up upon us use used using usually versus very via wait want was wasn't we well went were
        weren't what whatever when whenever where whereas whereby wherever whether which whichever
        while who whoever whom whose why with within without won't wondering worse worst would
        wouldn't wow write yeah yep yes yesterday yet you your yours yourself yourselves yup
        """),
    in_no_name=_words("""
        able access active actual add added additional adjust agreed allow alone amazing anonymous
        answer apply arrange attached automatic automatically available avoid awesome bad based
        basic beautiful become begin believe best better big bigger bit black blue book boring bring
        broken build business busy buy cancel careful carefully case change changes cheap cheers
        children choose clean clear click close cold coming comments common companies company
        compare compared complete configure confirm congratulations connect consider content
        continue convert cool copy correct cost count crazy create current customers daily data date
        days dead deal default delete depending describe design details different difficult discuss
        documents double down download draft drop early easy edit eight eleven email emails empty
        enable end enjoy ensure enter entire equal error errors establish evening example excellent
        existing expect expensive explain express extra failed fair false fast feedback feel fifteen
        fifty file files final financial find fine finish first five fix follow following food forty
        forward four free fresh friends full fun funny future game general gently getting glad going
        good government great green half happy hard hear heavy hello help hey hi high higher highly
        hold home hope hot hours huge human hundred hundreds ideally ideas ignore ignored images
        imagine important impossible improve include including increase individual information input
        insert install interesting internal invalid invite involved issues items join keeping key
        kids kind know large last late learn leave left legal letting life light limited link list
        listen live load local location long longer looking lot loud love low lower lunch mail major
        makes match maximum meet meeting meetings mention message messages middle military million
        millions minimum minor minutes missing modern money months morning move multiple name names
        national native natural necessary negative new nice night nine ninety noise normal note
        notes number numbers numerous official old older one open optional options order orders
        ordinary original output paid parents part partial parts password past pay paying people
        perfect personal physical pick place plain play plenty poor popular positive possible post
        potential prepare press pretty previous prices print private problem problems professional
        proper properly provide public pull push question questions quick quiet random rare read
        reading ready real reasons recent red reduce relevant reliable remaining remind remote
        remove repeat replace reply report reports request required research reset results return
        returns review right rough run running safe save schedule scheduled school search second
        security seeing select sensible separate serious set seven seventeen seventy shared short
        shows shut significant similar simple single sit six sixteen sixty size slow small smaller
        smart social software solid sorry sort sound source speak special specific specify spend
        split standard start started starting state stay step stick stop strange strong student
        students stuff style sudden suggest super support surprised switch systems talk talking
        tasks teachers tech technical temporary ten terrible test testing tests text thing things
        thinking third thirty thousand thousands three tickets tight time times tiny tired top total
        tough translate travel treat true trust turn twelve twenty twice two type typical unable
        unclear undo unexpected unique unknown update updates upload urgent useful users usual valid
        various verify version visit waiting walk warm watch ways weak weeks welcome white whole
        wide wild winter wish women wonder wonderful words work worked working works worth wrap
        writing wrong years young zero
        """),
)

_GERMAN: Final = FirstWords(
    always=_words("""
        ab abends aber abgesehen ach aktuell alle allem allen aller allerdings alles als also am an
        andere anderen anderer anderes andernfalls anders anfangs angeblich anscheinend anschließend
        anstatt auch auf aufgrund aus außer außerdem außerhalb ändere ändern bald beachte bei beide
        beiden beim benutze benutzen bereits besonders besser bestimmt bevor beziehungsweise bin bis
        bisher bislang bist bitte bloß brauche brauchen braucht bzw da dabei dadurch dafür dagegen
        daher dahin dahinter damals damit danach daneben danke dann daran darauf daraus darf darfst
        darin darum darunter darüber das dass davon davor dazu dein deine deinem deinen deiner dem
        dementsprechend demnach demnächst den denen denn dennoch der deren derselbe derzeit des
        deshalb dessen deswegen dich die diejenigen dienstags dies diesbezüglich diese dieselbe
        diesem diesen dieser dieses diesmal dir direkt doch donnerstags dort dorthin drei dreimal du
        durch dürfen dürfte eben ebenfalls ebenso eher ehrlich eigentlich ein einander eine einem
        einen einer eines einfach einige einigen einiger einiges einmal endlich entsprechend
        entweder er erlaubt erst erstens es etliche etwa etwas euch euer eure eurem euren eventuell
        falls fange fangen fast finde findest folglich frag freitags früher führen fünf für gab ganz
        gar geben gegebenenfalls gegen gegenüber geh gehen geht gelegentlich gemeinsam genau genauso
        genug gerade gern gerne gestern gewiss gib gibt gleich gleichzeitig glücklicherweise gut hab
        habe haben habt halt hast hat hatte hatten hauptsächlich hätte hätten heute heutzutage hier
        hierbei hierfür hiermit hierzu hin hinten hinter hinterher hoffe hoffentlich höchstens ich
        ihm ihn im immer immerhin in indem infolge innerhalb ins insbesondere insgesamt inzwischen
        irgendwann irgendwas irgendwie irgendwo ist ja je jede jedem jeden jedenfalls jeder jedes
        jedoch jemals jemand jene jetzt kam kann kannst kaum kein keine keinem keinen keiner keines
        keineswegs klar komm komme kommen kommt komplett konnte konnten können könnt könnte könnten
        könntest kurz langsam lass lassen lasst längst lediglich leg legt leider letztendlich
        letztlich lieber links los machen macht mal man manche manchen mancher manches manchmal mehr
        mehrere mein meine meinem meinen meiner meines meist meistens merk mich mindestens mir mit
        miteinander mittags mittlerweile mittwochs montags morgens möchte möchten möchtest mögen
        möglich möglicherweise möglichst muss musst musste müssen müsste müssten nach nachdem
        nachher nachmittags nachts nahezu natürlich nämlich neben nebenbei nein neu neulich nicht
        nichts nie niemals niemand nimm nimmt nirgends noch nochmal nochmals normalerweise nun nur
        nutze ob oben obwohl oder offenbar offensichtlich oft oftmals ohne plötzlich prinzipiell
        probier rechts relativ rund sag sage sagen sagt samstags schade schau schick schicke
        schicken schickst schließlich schnell schon schön schreib schreibe schreibst sechs sehr sei
        seid sein seine seinem seinen seiner seines seit seitdem selber selbst selbstverständlich
        selten setz setze setzen setzt sich sicher sicherheitshalber sicherlich sieben sieh siehe
        sieht sind so sobald sodass sofern sofort sogar solange solche solchen solcher solches soll
        sollen sollst sollt sollte sollten solltest somit sondern sonntags sonst soviel sowas soweit
        sowie sowieso sowohl später spätestens stattdessen stell stellen stets tatsächlich teilweise
        tja trotz trotzdem tun um umso und ungefähr unglaublich uns unser unsere unserem unseren
        unserer unseres unsre unten unter unterdessen über überall überhaupt übrigens vermutlich
        versuchen verwende verwenden viel viele vielen vieler vieles vielleicht vier vom von vor
        vorab voraussichtlich vorbei vorerst vorgestern vorher vorhin vorläufig vormittags vorne
        völlig wahrscheinlich wann war waren warst warte warum was wähle wählen während
        währenddessen wäre wären weder wegen weil weiter weiterhin weiß weißt welche welchem welchen
        welcher welches wem wen wenig wenige weniger wenigstens wenn wer werde werden werdet weshalb
        wessen wie wieder wiederum wieso willst wir wird wirklich wirst wo wobei wodurch wofür woher
        wohin wohl wollen wollt wollte wollten womit woran worauf woraus worin worüber wozu wurde
        wurden würde würden würdest zeig zeige zeigen zeigt ziemlich zu zudem zuerst zufällig
        zuletzt zum zumindest zunächst zur zurück zurzeit zusammen zusätzlich zwar zwei zweimal
        zweitens zwischen zwischendurch
        """),
    before_a_noun=_words("""
        aktive aktiven aktuelle aktuellen aktueller aktuelles allgemeine allgemeinen alte alten
        alter altes besondere besonderen bessere besseren besserer beste besten direkte direkten
        dritte dritten eigene eigenen eigener eigenes einfache einfachen einfacher einfaches einzige
        einzigen erste ersten erster erstes falsche falschen folgende folgenden folgendes freie
        freien ganze ganzen ganzer ganzes gemeinsame gemeinsamen genaue genauen gewisse gleiche
        gleichen große großen großer großes größere größeren gute guten guter gutes heutige heutigen
        hohe hohen interne internen jetzige klare klaren kleine kleinen kleiner kleines kommende
        kommenden kurze kurzen lange langen leere leeren letzte letzten letzter letztes linke linken
        maximale minimale mögliche möglichen nächste nächsten nächster nächstes neue neuen neuer
        neues passende passenden rechte rechten richtige richtigen schlechte schlechten schnelle
        schnellen schöne schönen schöner schönes schwierige sichere sicheren spezielle speziellen
        technische technischen unterschiedliche unterschiedlichen vergangene vergangenen
        verschiedene verschiedenen volle vollen vorherige vorherigen weitere weiteren weiterer
        weiteres wichtige wichtigen wichtiger wichtiges zusätzliche zusätzlichen zweite zweiten
        zweiter zweites
        """),
)

_FRENCH: Final = FirstWords(
    always=_words("""
        a afin ai aimerais ainsi ait alors après as assez au aucun aucune aujourd auparavant auprès
        auquel aura aurai aurait auras aussi aussitôt autant autour autre autrement autres aux
        auxquels avaient avais avait avant avec avez aviez avions avoir avons ayant à beaucoup bien
        bientôt bonjour bref car ce ceci cela celle celles celui cent cependant certain certaine
        certainement certaines certains ces cet cette ceux chacun chacune chaque chez ci cinq
        combien comme comment concernant continue contre ça dans davantage de debout dedans dehors
        demain depuis derrière des deux devant devez devons devrais devrait dès déjà désolé
        désormais dis dit dites dix dois doit doivent donc donne donnez dont du durant effectivement
        elle elles en encore enfin ensemble ensuite entre envers environ envoie envoyez es essayez
        est et eu eux exactement excepté excuse excusez étaient étais était étant été évidemment
        êtes être fais faisait faisons fait faites fallait faudra faudrait faut finalement fois font
        forcément franchement généralement grâce heureusement hier hormis hors ici il ils jamais je
        jusque justement la laisse laissez laquelle là le lequel les lesquelles lesquels leur leurs
        loin longtemps lors lorsque lui ma maintenant mais mal malgré malheureusement me merci mes
        mets mettez même mêmes mieux mille moi moins mon naturellement ne néanmoins ni non
        normalement nos notamment notre nous on ont or ou oui outre où par parce parfois parmi
        partout pas passe passez pendant personne peu peut peuvent peux plus plusieurs plutôt pour
        pourquoi pourrais pourrait pourriez pourrons pourtant pouvait pouvez pouvons presque près
        prévenez préviens probablement puis puisque quand quant quatre que quel quelle quelles
        quelqu quelque quelques quels qui quoi quoique rappelez rappelle rien sa sans sauf savez
        savoir se seize selon sept sera serait serez seront ses seul seule seulement seules seuls si
        simplement sinon six sois soit sommes son sont soudain sous souvent suis suite suivant sur
        surtout ta tant tantôt te tel telle tellement telles tels tes toi ton toujours tous tout
        toute toutefois toutes très trois trop tu un une utilise utilisez va vais vas vers veuillez
        veut veux vérifiez viens vient voici voilà vois voit volontiers vont vos votre voudrais
        voudrait vous vraiment vu y zéro
        """),
    in_no_name=_words("""
        acheter activer affiche afficher ajoute ajouter ajoutez aller annuler appeler appelle
        apporter arrête attendre attends attention beau belle besoin bon bonne bonnes bons changer
        chercher choisir chose choses code comprendre corriger couleur créer demande demander
        dernier derniers dernière dernières début définir dire directement donner envoyer erreur
        erreurs essaie essayer exemple exécuter expliquer écrire écris faire fermer fichier fichiers
        fin gens grand grande grandes grands gros grosse heures idéalement important impossible
        indique informations installer invitation jeune jeunes joli jolie jours laisser lire liste
        mauvais mauvaise merveilleux message mettre mode modification modifier montrer mot mots nom
        nombre nombreux noms nouveau nouveaux nouvelle nouvelles nuit numéro obtenir option options
        ouvre ouvrir parler partir passer payer penser petit petite petites petits position possible
        pouvoir premier premiers première premières prendre prends préparer prêt prochain prochaine
        proposer question questions quinze rapidement rappeler recherche rechercher regarde regarder
        rendez revoir réponse réserver seconde semaine sélectionner simple super supprimer sûr
        taille tâches temps tester texte travail travailler trouver type utilisation utiliser valeur
        valeurs vendre version vérifie vérifier vieux vite voir vouloir
        """),
    elided=_words("c d j l m n s t qu jusqu lorsqu puisqu quoiqu"),
)

_SPANISH: Final = FirstWords(
    always=_words("""
        a acaso acá además adonde adónde ahí ahora al algo alguien alguna algunas alguno algunos
        algún allá allí ambas ambos ante anteayer antes apenas aquel aquella aquellas aquello
        aquellos aquí asegúrate así aun aunque aún ayer bajo bastante bien cada casi cerca cien
        claro como con conmigo contigo contra cómo cual cuales cualquier cualquiera cuando cuanta
        cuantas cuanto cuantos cuál cuáles cuándo cuánta cuántas cuánto cuántos cuya cuyas cuyo
        cuyos da dado dame de debe deben debería deberíamos debes debido debo decir dejar del
        delante demasiado dentro desde después detrás di dice dicen dijo dile dime donde dos dónde
        durante e ella ellas ello ellos en encima enfrente entonces entre era eran eras eres es esa
        esas ese eso esos esta estaba estaban estado estar estaré estaría estas está están estás
        este esto estos estoy estuvo excepto él fue fuera fueron gracias ha haber había habían
        hablamos habrá habría hace hacemos hacen hacer hacia haga hago han has hasta hay haya haz he
        hemos hicimos hizo hola hoy iba igual igualmente incluso ir jamás junto le lejos les llama
        lo luego manda mañana mándame más me mediante mejor menos mi mientras mis misma mismo mí mía
        mío mucha muchas mucho muchos muy nada nadie naturalmente necesita necesitamos necesitan
        necesitas necesito ni ninguna ninguno ningún no nos nosotras nosotros nuestra nuestras
        nuestro nuestros nunca o obviamente ojalá os otra otras otro otros para parece parecía peor
        perdón pero poca pocas poco pocos podemos poder podría podríamos podrían podrías pon por
        porque posiblemente probablemente pronto pude puede pueden puedes puedo pues pusimos que
        queremos querría querríamos qué quien quienes quiere quieren quieres quiero quién quiénes
        quizá quizás sabe sabemos sabes salvo se sea seguramente según seis señor señora ser será
        serán sería sé si siempre siete sigue siguen simplemente sin sino sí sobre solamente solo
        somos son soy sólo su sus suya suyo tal también tampoco tan tanta tantas tanto tantos te ten
        tendrá tendremos tendría tenemos tener tenga tengo tenía ti tiene tienen tienes toda todas
        todavía todo todos trae tras tres tu tus tú u un una unas uno unos usted ustedes va vais
        vamos van vas ve ven veo vez voy vuestra vuestro y ya yo
        """),
    in_no_name=_words("""
        abrir activar antiguo añadir aprender apuntar archivo archivos atentamente avisar ayudar
        bastantes borrar buen buena buenas bueno buenos buscar cambiar caro color comer compartir
        comprar comprobar confirmar contestar contraseña copiar correcto corregir correo cosas
        código crea crear cuatro cuidado datos descargar diez difícil dirección días ejecutar
        ejemplo el elegir empezar encontrar enviar envía envíame error errores escriba escribe
        escribir escríbeme espera esperar establecer estamos explicar falla falta favor fácil feliz
        fin final finalmente formato frío fuerte gente gran grande grandes guardar hablar horas idea
        importante imposible informar instalar intenta intentar intente joven la leer libre libros
        limpio lista listas listo llamar llámame llegar llevar los luz mala malo mandar mayor media
        mensaje meses mira mirar modo momento mostrar mover muchísimas muestra nombre nombres
        normalmente novedades nueva nuevas nuevo nuevos número obtener opciones ordenar pagar pasar
        pásame pedir pendiente pensar pequeña pequeño perfecto personas posible pregunta preguntas
        preparado preparar primera primeras primero primeros probar problemas proponer próxima
        próximo quita quitar rápidamente rápido recordar recuerda recuérdame regular responder
        respuesta reuniones reunión revisa revisar saber saludos seguir segundo seleccionar semana
        siguiente simple tamaño tarde texto tiempo tipo título tomar trabajar trabajo traer usa usar
        use usuario última último útil vale valor valores varias varios vea vender ver verificar
        versión viejo visto volver
        """),
)

FIRST_WORDS: Final[Mapping[str, FirstWords]] = {
    "de": _GERMAN,
    "en": _ENGLISH,
    "es": _SPANISH,
    "fr": _FRENCH,
}
"""By BCP 47 tag, without region."""
