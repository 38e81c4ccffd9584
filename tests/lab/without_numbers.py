"""Sentences of everyday dictation without a number in them: what counts, dates and measures must
leave them as they are. Many hold a word that sounds like a number, or is one and means none."""

from typing import Final

WITHOUT: Final[dict[str, tuple[str, ...]]] = {
    "en": tuple(
        """
        Could you send me the latest version of the document?
        One moment, please.
        No one told me about the meeting.
        I'd like to thank everyone who came.
        The first thing we should do is talk to the team.
        For one thing, the build is slow.
        Give me a second to think about it.
        She is one of a kind.
        Each one of us has a point.
        That's the point I was trying to make.
        The dot in the middle is too big.
        Please meet me at the station.
        I'll be home at noon.
        We won the game.
        He ate the cake too.
        What are you waiting for?
        I want to go to the beach.
        One should never say never.
        Once upon a time there was a king.
        The second half was better.
        On second thought, let's stay here.
        He came first, and she came last.
        Let's do it one more time.
        They love one another.
        One by one they left the room.
        I have a hundred ideas.
        Thanks a million!
        A dozen of them were broken.
        It was a double success.
        The majority of people agree.
        Half of the work is done.
        A quarter of the budget is gone.
        Both of them are right.
        A couple of things need fixing.
        The pointer is null.
        Dash the hopes of many.
        There is zero chance of that.
        The test passed at last.
        Look at the company dot in the chart.
        I may come to the party in the summer.
        We march at dawn.
        The minute he arrived, we left.
        It cost a fortune.
        The price went up again.
        My phone is broken.
        Please e-mail the file to the office.
        Have a look at the website.
        The slash in the path is wrong.
        It is a win-win situation.
        What a day!
        She said, "One never knows."
        Well, um, I think so.
        I think, therefore I am.
        Nobody is perfect.
        Is anyone there?
        """.strip().splitlines()
    ),
    "de": tuple(
        """
        Kannst du mir bitte die neueste Fassung schicken?
        Einen Moment bitte.
        Das ist ein guter Punkt.
        Eins noch, bevor du gehst.
        Einer muss es ja machen.
        Ein anderer war schneller.
        Eine nach der anderen kam herein.
        Das eine schließt das andere nicht aus.
        Zuerst müssen wir reden.
        Der erste Eindruck zählt.
        Beim zweiten Mal war es leichter.
        Ein Drittel der Arbeit ist getan.
        Die Hälfte fehlt noch.
        Ein Viertel davon genügt.
        Gib bitte acht auf die Kinder.
        Er lacht über alles.
        Das Sieb ist zum Sieben da.
        Wir sind zu zweit gekommen.
        Nimm dich in Acht vor dem Hund.
        Alle beide haben recht.
        Ein paar Dinge fehlen.
        Tausend Dank für alles!
        Hunderte von Leuten waren da.
        Ich komme um die Ecke.
        Das Komma steht falsch.
        Punkt für Punkt gehen wir es durch.
        Auf einmal war er weg.
        Einmal ist keinmal.
        Noch einmal von vorn.
        Das ist mir einerlei.
        Er ist der Einzige, der es weiß.
        Wir sehen uns an der Haltestelle.
        Am Mittag gehen wir essen.
        Die Uhr geht falsch.
        Wie viel Uhr ist es?
        Das Geld ist weg.
        Der Preis ist gestiegen.
        Mein Telefon ist kaputt.
        Bitte schick die Datei ans Büro.
        Schau auf der Webseite nach.
        Ach, das macht doch nichts.
        Das ist null und nichtig.
        Eine Million Gründe sprechen dafür.
        Na ja, äh, ich glaube schon.
        Was für ein Tag!
        Ist da jemand?
        Niemand ist vollkommen.
        Die Zweige sind grün.
        Der Dreck muss weg.
        Wir haben uns verirrt.
        """.strip().splitlines()
    ),
    "fr": tuple(
        """
        Pouvez-vous m'envoyer la dernière version du document ?
        Un instant, s'il vous plaît.
        C'est un bon point.
        L'un des deux a raison.
        Les uns après les autres sont partis.
        C'est la première chose à faire.
        Une fois n'est pas coutume.
        Il était une fois un roi.
        La deuxième fois était plus facile.
        Une seconde, j'arrive.
        J'ai acheté un ordinateur neuf.
        Quoi de neuf ?
        Elle est venue toute seule.
        Un tiers du travail est fait.
        La moitié manque encore.
        Encore un quart d'heure.
        Une dizaine de personnes attendent.
        Des centaines de gens sont venus.
        Mille fois merci !
        Nous sommes tous les deux d'accord.
        Personne ne m'a rien dit.
        Un de ces jours, nous verrons.
        Une autre idée ?
        Le point est au milieu.
        La virgule est mal placée.
        Point par point, nous avançons.
        Nous partons à midi.
        Rendez-vous à la gare.
        Quelle heure est-il ?
        L'argent a disparu.
        Le prix a augmenté.
        Mon téléphone est cassé.
        Envoyez le fichier au bureau, s'il vous plaît.
        Regardez sur le site.
        De moins en moins de monde vient ici.
        Au moins une personne le sait.
        Plus ou moins.
        Il y a du pour et du contre.
        Il est parti d'un seul coup.
        Bon, euh, je crois que oui.
        Quelle journée !
        Il y a quelqu'un ?
        Personne n'est parfait.
        C'est une bonne nouvelle.
        Je le ferai dans un moment.
        Elle ouvre la porte et entre.
        Le sixième sens n'existe pas.
        On se voit cet été.
        En mars, il pleut.
        Je mets la table.
        """.strip().splitlines()
    ),
    "es": tuple(
        """
        ¿Puedes enviarme la última versión del documento?
        Un momento, por favor.
        Es un buen punto.
        Uno de los dos tiene razón.
        Unos van y otros vienen.
        Lo primero es hablar con el equipo.
        Una vez más, por favor.
        Érase una vez un rey.
        La segunda vez fue más fácil.
        Un segundo, ya voy.
        Uno nunca sabe.
        Uno a uno salieron de la sala.
        Un tercio del trabajo está hecho.
        La mitad falta todavía.
        Un cuarto de hora más.
        Una docena de huevos.
        Cientos de personas vinieron.
        ¡Mil gracias!
        Los dos estamos de acuerdo.
        Nadie me dijo nada.
        Un día de estos lo veremos.
        ¿Otra idea?
        El punto está en el medio.
        La coma está mal puesta.
        Punto por punto avanzamos.
        Salimos a mediodía.
        Nos vemos en la estación.
        ¿Qué hora es?
        El dinero desapareció.
        El precio subió.
        Mi teléfono está roto.
        Envía el archivo a la oficina, por favor.
        Mira en la página web.
        Al menos una persona lo sabe.
        Más o menos.
        Cada uno tiene su opinión.
        Se fue de una vez.
        Bueno, eh, creo que sí.
        ¡Qué día!
        ¿Hay alguien?
        Nadie es perfecto.
        Es una buena noticia.
        Lo haré en un momento.
        Ella abre la puerta y entra.
        El sexto sentido no existe.
        Nos vemos este verano.
        En marzo llueve.
        Pongo la mesa.
        Estoy seguro de ello.
        Menos mal que viniste.
        """.strip().splitlines()
    ),
}
"""By BCP 47 tag."""
WITHOUT.update(
    {language: tuple(map(str.strip, sentences)) for language, sentences in WITHOUT.items()}
)
