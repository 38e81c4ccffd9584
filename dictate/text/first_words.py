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
        a about above according across actually after afterwards again against ago ahead all almost
        along already also although altogether always am among an and another any anybody anyone
        anything anyway anywhere apart apparently are aren't around as aside ask at away back
        basically be because been before behind being below beside besides between beyond both but
        by call can can't cannot certainly check clearly come completely consequently could couldn't
        currently definitely despite did didn't do does doesn't doing don't done due during each
        easily either else enough especially essentially even eventually ever every everybody
        everyone everything everywhere exactly except far few fewer finally firstly for forget
        former fortunately frankly frequently from fully further furthermore generally get give
        given go gonna guess had hadn't hardly has hasn't have haven't having he hence her here hers
        herself him himself his honestly hopefully how however if immediately in indeed inside
        instead into is isn't it its itself just keep kindly known lastly later least less let like
        likely likewise literally little look lots luckily made mainly make making many maybe me
        meaning means meanwhile might mine more moreover most mostly much must my myself namely near
        nearly need neither never nevertheless next no nobody none nonetheless nor normally not
        nothing now nowhere obviously of off often oh ok okay on once only onto or originally other
        others otherwise ought our ours ourselves out outside over overall own particularly partly
        per perhaps please plus possibly presumably previously primarily probably provided put
        quickly quite rather really recently regarding regardless remember roughly said same say
        scarcely secondly see seems send several shall she should shouldn't show simply since
        slightly slowly so some somebody somehow someone something sometimes somewhat somewhere soon
        specifically still strongly such suddenly sure surely take tell than thank thanks that the
        their theirs them themselves then there thereby therefore these they think this those though
        through throughout thus till to today together tomorrow tonight too toward towards tried try
        trying typically ultimately under unfortunately unless until unto up upon us use used using
        usually versus very via wait want was wasn't we well went were weren't what whatever when
        whenever where whereas whereby wherever whether which whichever while who whoever whom whose
        why with within without won't wondering worse worst would wouldn't write yeah yes yesterday
        yet you your yours yourself yourselves
        """),
    in_no_name=_words("""
        able access active actual add additional adjust allow alone anonymous answer apply arrange
        attached automatic available avoid awesome bad based basic beautiful become begin best
        better big bigger bit black blue book boring bring broken build business busy buy cancel
        careful carefully case change changes cheap children choose clean clear close cold comments
        common company complete confirm connect consider content continue convert cool copy correct
        cost create current customers daily data date days dead deal delete depending describe
        design details different difficult discuss documents download draft drop early easy edit
        eight eleven email emails empty enable end ensure entire equal error errors establish
        evening every example excellent existing expect expensive explain express extra fair false
        fast feedback feel files final financial find fine finish first five fix follow following
        forward four free fresh friends full fun funny future general gently getting going good
        great green half happy hard hear heavy hello help hey hi high higher highly hold home hope
        hot hours huge human hundred hundreds ideally ideas ignore images important impossible
        improve include including increase individual information install interesting internal
        invite involved issues items join keeping kind know large last late learn leave left legal
        letting light limited link list listen live local long longer looking loud low lower lunch
        mail major meet meeting meetings mention messages middle military million millions minor
        minutes missing modern money months morning move multiple names national native natural
        necessary negative new nice night nine noise normal note notes number numbers numerous
        official old older one open optional options order orders ordinary original paid part
        partial parts past pay paying people perfect personal physical pick place plain play poor
        popular positive possible post potential prepare press pretty previous prices private
        problems professional proper properly provide public pull push questions quick quiet random
        rare read reading ready real reasons recent red reduce relevant reliable remaining remind
        remote remove repeat replace reply report reports request required results return review
        right rough run running safe save schedule scheduled search second security seeing select
        sensible separate serious set seven shared short significant similar simple single sit six
        slow small smaller smart social software solid some sorry sort sound speak special specific
        spend standard start started starting state stay step stick stop strange strong student
        students stuff style sudden suggest super support surprised switch systems talk talking
        tasks teachers tech technical temporary ten terrible test testing tests text thing things
        thinking third thirty thousand thousands three tickets tight time times tiny tired total
        tough translate travel treat true turn twelve twenty twice two typical unable unclear unique
        update updates upload urgent useful users usual valid various verify visit waiting walk warm
        watch ways weak weeks welcome white whole wide wild winter wonder wonderful words work
        worked working works worth wrap writing wrong years young zero
        """),
)

_GERMAN: Final = FirstWords(
    always=_words("""
        ab abends aber abgesehen ach alle allem allen aller allerdings alles als also am an andere
        anderen anderer anderes anders anfangs angeblich anscheinend anschließend anstatt auch auf
        aufgrund aus außer außerdem außerhalb bald bei beide beiden beim bereits besonders besser
        bestimmt bevor bin bis bisher bislang bist bitte bloß brauche brauchen braucht da dabei
        dadurch dafür dagegen daher dahin dahinter damals damit danach daneben danke dann daran
        darauf daraus darf darfst darin darum darunter darüber das dass davon davor dazu dein deine
        deinem deinen deiner dem demnach demnächst den denen denn dennoch der deren derselbe derzeit
        des deshalb dessen deswegen dich die diejenigen dies diese dieselbe diesem diesen dieser
        dieses diesmal dir direkt doch dort dorthin drei dreimal du durch dürfen dürfte eben
        ebenfalls ebenso eher ehrlich eigentlich ein einander eine einem einen einer eines einfach
        einige einigen einiger einiges einmal endlich entsprechend entweder er erst erstens es
        etliche etwa etwas euch euer eure eurem euren eventuell falls fast finde findest früher fünf
        für gab ganz gar geben gegebenenfalls gegen gegenüber gehen geht gelegentlich gemeinsam
        genau genauso genug gerade gern gerne gestern gewiss gib gibt gleich gleichzeitig
        glücklicherweise gut hab habe haben habt halt hast hat hatte hatten hauptsächlich hätte
        hätten heute heutzutage hier hierbei hierfür hiermit hierzu hin hinten hinter hinterher
        hoffe hoffentlich höchstens ich ihm ihn im immer immerhin in indem infolge innerhalb ins
        insbesondere insgesamt inzwischen irgendwann irgendwas irgendwie irgendwo ist ja je jede
        jedem jeden jedenfalls jeder jedes jedoch jemals jemand jene jetzt kam kann kannst kaum kein
        keine keinem keinen keiner keines keineswegs klar komm komme kommen kommt komplett können
        könnt könnte könnten könntest kurz langsam lass lassen lasst längst lediglich leider
        letztendlich letztlich lieber los machen macht mal man manche manchen mancher manches
        manchmal mehr mehrere mein meine meinem meinen meiner meines meist meistens mich mindestens
        mir mit miteinander mittags mittlerweile morgens möchte möchten möchtest mögen möglich
        möglicherweise möglichst muss musst musste müssen müsste müssten nach nachdem nachher
        nachmittags nachts nahezu natürlich nämlich neben nebenbei nein neu neulich nicht nichts nie
        niemals niemand nimm nirgends noch nochmal nochmals normalerweise nun nur ob oben obwohl
        oder offenbar offensichtlich oft oftmals ohne plötzlich prinzipiell relativ rund sag sage
        sagen sagt schade schau schick schicke schicken schickst schließlich schnell schon schön
        schreib schreibe schreiben schreibst sechs sehr sei seid sein seine seinem seinen seiner
        seines seit seitdem selber selbst selbstverständlich selten sich sicher sicherheitshalber
        sicherlich sieben siehe sieht sind so sobald sodass sofern sofort sogar solange solche
        solchen solcher solches soll sollen sollst sollt sollte sollten solltest somit sondern sonst
        soviel sowas soweit sowie sowieso sowohl später spätestens stattdessen stets tatsächlich
        teilweise tja trotz trotzdem tun um umso und ungefähr unglaublich uns unser unsere unserem
        unseren unserer unseres unsre unten unter unterdessen über überall überhaupt übrigens
        vermutlich viel viele vielen vieler vieles vielleicht vier vom von vor vorab voraussichtlich
        vorbei vorerst vorgestern vorher vorhin vorläufig vormittags vorne völlig wann war waren
        warst warum was während währenddessen wäre wären weder wegen weil weiter weiterhin weiß
        weißt welche welchem welchen welcher welches wem wen wenig wenige weniger wenigstens wenn
        wer werde werden werdet weshalb wessen wie wieder wiederum wieso willst wir wird wirklich
        wirst wo wobei wodurch wofür woher wohin wohl wollen wollt wollte wollten womit woran worauf
        woraus worin worüber wozu wurde wurden würde würden würdest ziemlich zu zudem zuerst
        zufällig zuletzt zum zumindest zunächst zur zurück zurzeit zusammen zusätzlich zwar zwei
        zweimal zweitens zwischen zwischendurch
        """),
    before_a_noun=_words("""
        aktuelle aktuellen aktueller aktuelles alte alten alter altes bessere besseren besserer
        beste besten dritte dritten eigene eigenen eigener eigenes einfache einfachen einfacher
        einfaches einzige einzigen erste ersten erster erstes falsche falschen ganze ganzen ganzer
        ganzes gemeinsame gemeinsamen genaue genauen gewisse gleiche gleichen große großen großer
        großes größere größeren gute guten guter gutes hohe hohen jetzige kleine kleinen kleiner
        kleines kommende kommenden kurze kurzen lange langen letzte letzten letzter letztes mögliche
        möglichen nächste nächsten nächster nächstes neue neuen neuer neues richtige richtigen
        schlechte schlechten schnelle schnellen schöne schönen schöner schönes schwierige technische
        technischen vergangene vergangenen verschiedene verschiedenen weitere weiteren weiterer
        weiteres wichtige wichtigen wichtiger wichtiges zweite zweiten zweiter zweites
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
        elle elles en encore enfin ensemble ensuite entre envers environ envoie envoyez es est et eu
        eux exactement excepté excuse excusez étaient étais était étant été évidemment êtes être
        fais faisait faisons fait faites fallait faudra faudrait faut finalement fois font forcément
        franchement généralement grâce heureusement hier hormis hors ici il ils jamais je jusque
        justement la laisse laissez laquelle là le lequel les lesquelles lesquels leur leurs loin
        longtemps lors lorsque lui ma maintenant mais mal malgré malheureusement me merci mes mets
        mettez même mêmes mieux mille moi moins mon naturellement ne néanmoins ni non normalement
        nos notamment notre nous on ont or ou oui outre où par parce parfois parmi partout pas passe
        passez pendant personne peu peut peuvent peux plus plusieurs plutôt pour pourquoi pourrais
        pourrait pourriez pourrons pourtant pouvait pouvez pouvons presque près prévenez préviens
        probablement puis puisque quand quant quatre que quel quelle quelles quelqu quelque quelques
        quels qui quoi quoique rappelez rappelle rien sa sans sauf savez savoir se seize selon sept
        sera serait serez seront ses seul seulement si simplement six sois soit sommes son sont
        soudain sous souvent suis suite suivant sur surtout ta tant tantôt te tel telle tellement
        telles tels tes toi ton toujours tous tout toute toutefois toutes très trois trop tu un une
        va vais vas vers veuillez veut veux viens vient voici voilà vois voit volontiers vont vos
        votre voudrais voudrait vous vraiment vu y zéro
        """),
    in_no_name=_words("""
        acheter ajoute ajouter aller annuler appeler appelle apporter arrête attendre attends
        attention avoir beau belle besoin bon bonne bonnes bons changer chercher chose choses
        comprendre corriger créer demande demander dernier derniers dernière dernières dire
        directement donner envoyer essaie essayer exemple expliquer écrire écris faire fermer gens
        grand grande grandes grands gros grosse heures idéalement important impossible informations
        installer invitation jeune jeunes joli jolie jours laisser lire merveilleux mettre modifier
        montrer mot mots nombre nombreux nouveau nouveaux nouvelle nouvelles nuit ouvre ouvrir
        parler partir passer payer penser petit petite petites petits possible pouvoir premier
        premiers première premières prendre prends préparer prêt prochain prochaine proposer
        question questions quinze rapidement rappeler regarde regarder rendez revoir réponse
        réserver savoir seconde semaine simple super supprimer sûr tâches temps tester texte travail
        travailler trouver utiliser vendre vérifie vérifier vieux vite voir vouloir
        """),
    elided=_words("c d j l m n s t qu jusqu lorsqu puisqu quoiqu"),
)

_SPANISH: Final = FirstWords(
    always=_words("""
        a acaso acá además adonde adónde ahí ahora al algo alguien alguna algunas alguno algunos
        algún allá allí ambas ambos ante anteayer antes apenas aquel aquella aquellas aquello
        aquellos aquí así aun aunque aún ayer bajo bastante bien cada casi cerca cien claro como con
        conmigo contigo contra cómo cual cuales cualquier cualquiera cuando cuanta cuantas cuanto
        cuantos cuál cuáles cuándo cuánta cuántas cuánto cuántos cuya cuyas cuyo cuyos da dado dame
        de debe deben debería deberíamos debes debido debo decir dejar del delante demasiado dentro
        desde después detrás di dice dicen dijo dile dime donde dos dónde durante e ella ellas ello
        ellos en encima enfrente entonces entre era eran eras eres es esa esas ese eso esos esta
        estaba estaban estado estar estaré estaría estas está están estás este esto estos estoy
        estuvo excepto él fue fuera fueron gracias ha haber había habían hablamos habrá habría hace
        hacemos hacen hacer hacia haga hago han has hasta hay haya haz he hemos hicimos hizo hola
        hoy iba igual igualmente incluso ir jamás junto le lejos les llama lo luego manda mañana
        mándame más me mediante mejor menos mi mientras mis misma mismo mí mía mío mucha muchas
        mucho muchos muy nada nadie naturalmente necesitamos necesito ni ninguna ninguno ningún no
        nos nosotras nosotros nuestra nuestras nuestro nuestros nunca o obviamente ojalá os otra
        otras otro otros para parece parecía peor perdón pero poca pocas poco pocos podemos poder
        podría podríamos podrían podrías pon por porque posiblemente probablemente pronto pude puede
        pueden puedes puedo pues pusimos que queremos querría querríamos qué quien quienes quiere
        quieren quieres quiero quién quiénes quizá quizás sabe sabemos sabes salvo se sea
        seguramente según seis señor señora ser será serán sería sé si siempre siete sigue siguen
        simplemente sin sino sí sobre solamente solo somos son soy sólo su sus suya suyo tal también
        tampoco tan tanta tantas tanto tantos te tendrá tendremos tendría tenemos tener tengo tenía
        ti tiene tienen tienes toda todas todavía todo todos trae tras tres tu tus tú u un una unas
        uno unos usted ustedes va vais vamos van vas ve ven veo vez voy vuestra vuestro y ya yo
        """),
    in_no_name=_words("""
        abrir algunos antiguo añadir aprender apuntar atentamente avisar ayudar bastantes borrar
        buen buena buenas bueno buenos buscar cambiar caro comer compartir comprar comprobar
        confirmar contestar copiar correcto corregir correo cosas crear cuatro cuidado datos
        descargar diez difícil días ejemplo el empezar encontrar enviar envía envíame errores
        escribe escribir escríbeme espera esperar estamos explicar falta favor fácil feliz final
        finalmente frío fuerte gente gran grande grandes guardar hablar horas idea importante
        imposible informar instalar intenta intentar joven la leer libre libros limpio listo llamar
        llámame llegar llevar los luz mala malo mandar mayor media meses mira mirar mismo momento
        mover muchísimas normalmente novedades nueva nuevas nuevo nuevos número pagar pasar pásame
        pedir pendiente pensar pequeña pequeño perfecto personas posible pregunta preguntas
        preparado preparar primera primeras primero primeros probar problemas proponer próxima
        próximo rápidamente rápido recordar recuerda recuérdame regular responder respuesta
        reuniones reunión revisa revisar saber saludos seguir segundo semana siguiente simple tarde
        texto tiempo tomar trabajar trabajo traer usar última último útil vale varias varios vender
        ver verificar viejo visto volver
        """),
)

FIRST_WORDS: Final[Mapping[str, FirstWords]] = {
    "de": _GERMAN,
    "en": _ENGLISH,
    "es": _SPANISH,
    "fr": _FRENCH,
}
"""By BCP 47 tag, without region."""
