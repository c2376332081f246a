"""German: what judges people, and who counts as one of them."""

from __future__ import annotations

from bot.postmortem.lint.finding import Class
from bot.postmortem.lint.grammar import NAME, PEOPLE, Language, Rule, language

VOCABULARY = {
    **PEOPLE,
    # --- Who. Customers are none of them: that they could not log in is the impact.
    "NAMED": f"{NAME}+(?: {NAME}+)?",
    "SOMEBODY": "ich|wir|man|jemand|einer von uns",
    "HIS": r"kollege|mitarbeiter|mitarbeitender|[\w-]{0,30}techniker|[\w-]{0,30}ingenieur|operateur|administrator|(?:sys)?admin"
    r"|entwickler|einsatzleiter|schichtleiter|bediener|verantwortliche|zuständige|diensthabende|dienstleister|auszubildende"
    r"|azubi|praktikant|mensch",
    "HERS": r"kollegin|mitarbeiterin|[\w-]{0,30}technikerin|[\w-]{0,30}ingenieurin|administratorin|entwicklerin|praktikantin"
    r"|(?:ruf)?bereitschaft|einsatzleit(?:ung|erin)|schichtleit(?:ung|erin)|(?:nacht|tag|früh|spät)?schicht"
    r"|verantwortliche|zuständige|diensthabende",
    "ITS": r"[\w-]{0,30}(?<!nic-)(?<!bond-)team|personal",
    "THEIRS": r"kolleg(?:en|innen|[:*_]innen)|mitarbeiter(?:innen|[:*_]innen)?|mitarbeitenden?|[\w-]{0,30}techniker(?:innen)?"
    r"|[\w-]{0,30}ingenieure(?:innen)?|operatoren|operateure|administratoren|(?:sys)?admins|entwickler(?:innen)?|leute"
    r"|personen|menschen|[\w-]{0,30}teams|verantwortlichen?|zuständigen?|diensthabenden?|azubis",
    "OBLIQUE": r"kollegen|mitarbeiters|mitarbeitern|[\w-]{0,30}technikers?n?|[\w-]{0,30}ingenieure?[ns]|operators|administrators"
    r"|entwicklers|dienstleisters|[\w-]{0,30}teams|praktikanten|personals",
    # In Kubernetes an operator is a program: a human one has no other word before it.
    "OPERATOR": "(?:diensthabende |zweite )?operator(?! für)",
    "THEIR": "(?: (?!THE )WORD){0,2}?",
    "THE": "der|die|das|den|dem|des|ein|eine[nmrs]?|unsere?[nmrs]?|keine?|jede[rs]?|diese[nmrs]?|alle[nr]?|ihre?[nmrs]?",
    "FEW": r"(?: ANY){0,3}?",
    # What goes on behind a comma is another clause; what was done to somebody they did not do.
    "GAP": r"(?: (?!(?:wurden?|worden|werden|wird)\b)ANY){0,10}?",
    "HAS": "hat|haben|hatten?|habe",
    "MORE": "(?: (?:im (?:dienst|einsatz|WORD)|in (?:der )?(?:ruf)?bereitschaft|vom dienst|vor ort|am (?:terminal|pult)|von uns))?",
    # --- What.
    "FORGOT": "vergaß(?:en)?|verwechselten?|vertippten?|verlas(?:en)?",
    "FORGOTTEN": r"vergessen|verwechselt|vertippt|verklickt|falsch verstanden|missverstanden|versehentlich \w+|verbockt"
    r"|verpatzt|falsch gemacht|(?:einen|den) (?:WORD )?fehler (?:gemacht|begangen)|überblick verloren",
    "IGNORED": "übersah(?:en)?|versäumten?|ignorierten?|unterließ(?:en)?|verpassten?|überlas(?:en)?|verschlief(?:en)?",
    "MISSED": "übersehen|versäumt|ignoriert|unterlassen|verpasst|überlesen|verschlafen|NEVER LOOKED",
    "NEVER": "(?:nicht|nie|kaum|zu spät|nicht rechtzeitig)(?: (?:rechtzeitig|richtig|vorher))?",
    "LOOKED": "bemerkt|gemerkt|erkannt|geprüft|überprüft|kontrolliert|beachtet|gelesen|getestet|reagiert|hingesehen"
    "|hingeschaut|nachgesehen|nachgedacht|nachgefragt|bedacht|berücksichtigt|informiert|eskaliert|dokumentiert|befolgt"
    "|eingehalten|daran gedacht|aufgepasst|realisiert",
    "LOOKS": "(?:bemerkte|merkte|prüfte|erkannte|beachtete|testete|reagierte|kontrollierte|informierte|dachte)n?|lasen?",
    "DONE": r"\w{0,20}ge\w{2,20}(?:t|en)|(?:be|er|ver|ent|zer|über|unter|emp)\w{2,20}(?:t|en)|\w{3,20}iert",
    "MUST": "müssen|sollen|können|dürfen|brauchen",
    "MODAL": r"DONE (?:werden )?MUST|\w{3,30} MUST|(?:nicht )?DONE(?: (?:worden|gewesen))?",
    "ABSENT": "(?:unzureichend|mangelhaft|ungenügend|unangemessen|unangebracht|dürftig|lückenhaft|miserabl|schlecht)(?:e[rsnm]?)?",
    "PRACTICE": "monitoring|überwachung|tests?|testabdeckung|reviews?|planung|kommunikation|vorbereitung|schulung(?:en)?"
    "|einarbeitung|dokumentation|prozesse?|vorgehen(?:sweise)?|entscheidung(?:en)?|absprachen?|abstimmung|übergaben?"
    "|verständnis|sorgfalt|aufmerksamkeit|kenntnisse?|wissen|koordination|risikoabschätzung|arbeit|organisation"
    "|alarmierung|prüfung(?:en)?",
    "SKILL": "schulung(?:en)?|ausbildung|einarbeitung|erfahrung|sorgfalt|aufmerksamkeit|disziplin|kenntnis(?:se)?|fachwissen"
    "|wissen|kompetenz|verständnis|umsicht|konzentration",
    "SLIP": "fehlern?|fehlers|versehen|fehlgriff|irrtum|versäumnis|fehlverhalten|tippfehler|patzer",
    "CAREFULLY": "sorgfältiger|vorsichtiger|aufmerksamer|gewissenhafter|achtsamer|gründlicher|umsichtiger|wachsamer",
    "MIND": "aufpassen|achten|daran denken|vergessen|mitdenken|konzentrieren|doppelt prüfen|beachten|merken",
    "REMINDED": "erinnern|erinnert|hinweisen|hingewiesen|schulen|geschult|anweisen|angewiesen|anhalten|angehalten"
    "|instruieren|unterweisen",
    "EARLY": "von anfang an|von beginn an|schon|bereits|längst|eindeutig",
    "CLEARLY": "klar|offensichtlich|absehbar|abzusehen|ersichtlich|erkennbar|vorhersehbar|offenkundig",
    "CAUSE": "root[ -]cause|grundursache|hauptursache|kernursache|alleinursache",
    "ENDS": r"(?=\W*\Z|\s*[,;.!?:)]|\s+(?:und|oder|wenn|falls)\b)",
    # Why a word is not meant.
    "ASKED": r"(?:\A|[,:(])\W*(?:was|welche[rs]?|wie|womit|wodurch)\b[^.;]{0,40}",
    "DENIED": r"\b(?:keine?[nr]?|nicht|nie|ohne|statt|anstelle|als)\b[^.,;]{0,20}",
    "MACHINE": r"\b(?:bot|skript|tool|job|alarm|klatsch|er|es|ticket)\b[^.;]{0,50}",
    "OPEN": r"(?: (?:WORD )?(?:noch|nicht|kein\w*|un\w+|offen|weiterhin|derzeit|bisher)\b)",
}

WHO = """
    NAMED
    SOMEBODY
    (?:der|ein|unser|kein|jeder|dieser) THEIR HIS
    (?:der|ein|unser|kein|jeder|dieser) OPERATOR
    (?:die|eine|unsere|keine|jede|diese|ihre) THEIR HERS
    (?:das|ein|unser|kein|jedes|dieses|ihr) THEIR ITS
    (?:die|unsere|keine|diese|ihre|alle|beide|mehrere|zwei|drei|manche|einige|viele) THEIR THEIRS
    (?P<spoken_of>(?:de[nmrs]|(?:ein|unser|ihr|dies)e[nmrs]|alle[nr]) THEIR (?:HIS|HERS|ITS|THEIRS|OBLIQUE|operators?))
    HIS|HERS|ITS|THEIRS|OBLIQUE|jemande[nm]
"""

OBJECTS = (
    "an|auf|für|von|vom|zu|zum|zur|mit|bei|beim|durch|gegen|ohne|um|über|unter|nach|seit|aus|in|im|ins|neben|vor"
    "|dem|den|des|weckte|weckten|erreichte|erreichten|alarmierte|informierte|rief|fragte"
)

RULES = (
    Rule(
        Class.COUNTERFACTUAL,
        r"""
        (?:DONE|gewesen) (?:werden )?(?:hätten?|wären?)(?=\W*\Z|\s*[,;.!?:)])
        (?:niemand|keiner)(?: (?:im team|von uns|in der WORD))? GAP (?:LOOKS|LOOKED|achtete|dachte daran)
        (?:niemandem|keinem) (?:fiel FEW auf|(?:ist|war) FEW aufgefallen)
        WHO MORE FEW IGNORED
        IGNORED WHO
        WHO MORE HAS(?: es)? GAP MISSED
        HAS WHO(?: es)? GAP MISSED
        WHO GAP MISSED HAS
        WHO LOOKS FEW (?:nicht|nie|(?:erst )?zu spät)
        von WHOM FEW (?:übersehen|ignoriert|nicht (?:bemerkt|beachtet|erkannt))
        """,
    ),
    Rule(
        Class.COUNTERFACTUAL,
        r"(?:WHO )?hätten?(?: [^\s;]{1,40}){0,12}? MODAL ENDS",
        unless=r"\b(?:kunden|nutzer|kundinnen|anwender)|ASKED",
    ),
    Rule(
        Class.COUNTERFACTUAL,
        r"""
        (?:WHO )?hätten? GAP WORD MUST
        (?:WHO )?wären? GAP (?:gewesen|worden|geblieben|passiert|aufgefallen|gekommen|ausgefallen|entstanden|eingetreten)
        """,
        unless="ASKED",
    ),
    Rule(
        Class.HUMAN_CAUSE,
        r"""
        WHO MORE FEW FORGOT
        FORGOT WHO
        WHO MORE HAS(?: sich)? GAP FORGOTTEN
        HAS WHO(?: sich)? GAP FORGOTTEN
        WHO GAP FORGOTTEN HAS
        (?:wurden?|worden|war|waren) GAP (?:schlicht |einfach )?vergessen
        vergessen (?:wurden?|worden)
        menschliche[nrsm]? (?:versagens?|fehlern?|fehlers|fehlverhaltens?|fehleinschätzung|irrtums?)
        (?:bedien(?:ungs|er)?|anwender|benutzer|flüchtigkeits)fehler[sn]?(?!-)
        (?:mangelnde[nrsm]?|fehlende[nrsm]?|mangels|mangel an) SKILL
        unachtsamkeit|unaufmerksamkeit|menschlich verursacht|situationsbewusstsein verloren
        SLIP (?:(?:von|durch|seitens) )?WHOM
        (?:war|ist|sind|waren|trägt|tragen|trug|hat|haben) WHOM(?: WORD)? schuld
        WHO (?:war|ist|sind|waren|trägt|tragen|trug|hat|hatte|haben) (?:allein |selbst |die )?schuld
        schuld (?:war|ist|hat|hatte|trägt|trug) WHOM
        """,
    ),
    Rule(
        Class.SINGLE_CAUSE,
        r"""
        (?:die|der|eine|unsere|als) (?:WORD )?CAUSE(?!-)(?! (?:war|ist) OPEN)
        CAUSE(?:\s*:| (?:war|ist)(?! OPEN))
        (?:die|der|einziger?) (?:eigentliche|einzige|wahre|alleinige|wirkliche|tatsächliche)[nr]? (?:ursache|grund|auslöser)
        (?:die ursache|der grund)(?: (?:für|des|der|dafür|hierfür|dieses|dieser)(?: ANY){0,6}?)? (?:war|ist|lag)(?! OPEN)(?= \w|:|,)
        ursache (?:war|ist) (?:ein|eine|der|die|das)
        """,
        unless="DENIED",
    ),
    Rule(
        Class.SINGLE_CAUSE,
        r"""
        (?:lag|liegt|beruhte?|ging|geht) (?:allein|einzig|ausschließlich|nur) (?:an|am|auf)
        (?:allein|einzig|ausschließlich) (?:durch|wegen|aufgrund)
        (?:verursacht|ausgelöst) (?:durch|von) WHOM
        (?:durch|von) WHOM FEW verursacht
        WHO (?:verursachten?|HAS GAP verursacht)
        """,
    ),
    Rule(
        Class.NORMATIVE,
        r"""
        (?:fahrlässig|schlampig|nachlässig|leichtsinnig|leichtfertig|unachtsam|unprofessionell)(?:e[rsnm]?)?
        (?:unverantwortlich|verantwortungslos|inkompetent|stümperhaft|dilettantisch|unentschuldbar|inakzeptabel|unverzeihlich)(?:e[rsnm]?)?
        fahrlässigkeit|schlamperei|nachlässigkeit|inkompetenz|leichtsinn|pfusch|offen(?:sichtlich|kundig|bar)(?!\s*, dass)
        ABSENT (?:WORD )?PRACTICE(?!-)
        PRACTICE (?:(?:der|des|von|für|im|in|an|am|zu|zwischen|während|mit)(?: ANY){1,4}? )?(?:war|waren|ist|sind) (?:WORD )?(?:ABSENT|miserabel)
        (?:falsche|fehlerhafte|schlechte)[nr]? (?:entscheidung(?:en)?|annahmen?|einschätzung(?:en)?|schlussfolgerung(?:en)?)
        fehlentscheidung(?:en)?
        WHO verstieß(?:en)?
        WHO HAS GAP gegen WORD WORD verstoßen
        WHO GAP (?:fälschlicherweise|fälschlich|irrtümlich|eigenmächtig|unsachgemäß|unüberlegt|voreilig)
        """,
    ),
    Rule(
        Class.ANIMATED,
        r"""
        (?:lächerlich|unglaublich|unfassbar|katastrophal|desaströs|irrsinnig|wahnsinnig|haarsträubend|peinlich)(?:e[rsnm]?|erweise)?
        (?:dumm|blöd|idiotisch|absurd|grauenhaft|grauenvoll|furchtbar|schrecklich|verheerend|hanebüchen)(?:e[rsnm]?|erweise)?
        (?:katastrophe|desaster|wahnsinn|alptraum|albtraum|totalversagen|irrsinn|dummheit)s?(?!-)
        (?:totales|völliges|komplettes|absolutes) chaos
        mal wieder|wieder einmal|wieder mal|wie (?:immer|üblich)(?=,)|natürlich wieder
        """,
    ),
    Rule(
        Class.PRESCRIPTIVE,
        r"""
        (?:besser|mehr|künftig|stärker|in zukunft) (?:WORD )?(?:aufpassen|achtgeben|acht geben|mitdenken|nachdenken)
        CAREFULLY (?:WORD )?(?:sein|arbeiten|prüfen|vorgehen|lesen|werden|hinsehen|hinschauen|testen|vorgegangen|umgehen)
        mehr (?:sorgfalt|aufmerksamkeit|vorsicht|disziplin|achtsamkeit|umsicht)
        nach(?:zu)?schulen|nachgeschult|nachschulung(?:en)?|abmahnung(?:en)?|abgemahnt|ermahnt|ermahnen
        belehrt|belehren|belehrung(?:en)?|sensibilisier(?:en|t|ung)|zusammenreißen
        (?:sicherstellen|sicherzustellen|sichergestellt werden|darauf achten)\s*, dass WHOM
        WHO (?:müssen|muss|sollen|soll|sollten?|dürfen|darf)(?: ANY){0,8}? MIND
        """,
    ),
    Rule(
        Class.PRESCRIPTIVE,
        r"WHOM(?: ANY){0,8}? REMINDED",
        unless="MACHINE",
    ),
    Rule(
        Class.HINDSIGHT,
        r"""
        (?:war|ist|wäre)(?: (?!nicht|nie|kaum|noch|un)WORD){0,4}? CLEARLY\s*, dass
        (?:war|waren) (?:EARLY )?(?:WORD )?(?:absehbar|abzusehen|vorhersehbar|vermeidbar|unvermeidlich|unausweichlich|zu erwarten)
        (?:war|waren) EARLY (?:WORD )?(?:klar|erkennbar|offensichtlich)
        (?:schon|bereits) damals
        im nachhinein (?:betrachtet|ist|war|wissen|gesehen|zeigt|klar)
        rückblickend (?:betrachtet|ist|war|wissen|hätte|gesehen)
        nur eine frage der zeit|zwangsläufig|wie wir (?:jetzt|heute|nun) wissen|alle (?:an)?zeichen
        musste (?:es |das )?(?:so |ja )?(?:kommen|schiefgehen|passieren)
        """,
        unless=r"\b(?:nicht|nie|kaum|noch)\b[^.,;]{0,10}",
    ),
)

ASKS = {
    Class.COUNTERFACTUAL: "Was war in diesem Moment zu sehen, und was ließ das gewählte Vorgehen richtig erscheinen?",
    Class.NORMATIVE: "Verglichen mit welcher Erwartung? Nenne, was beobachtet wurde, und woher es bekannt ist.",
    Class.HUMAN_CAUSE: "Welche Bedingungen gaben dieser Handlung diese Wirkung, und was würde die nächste Person davor bewahren?",
    Class.NAMING: "Könnte hier eine Rolle stehen, etwa „die Rufbereitschaft“, und was sie sah und entschied?",
    Class.SINGLE_CAUSE: "Was trug alles dazu bei: Was hat es ausgelöst, und welche Bedingungen gaben dem diese Wirkung?",
    Class.ANIMATED: "Welche Zahl sagt das, und wo kann man sie nachsehen?",
    Class.PRESCRIPTIVE: "Welche Änderung an Werkzeug, Voreinstellung, Alarm oder Grenzwert leistet das, ohne dass jemand daran denken muss?",
    Class.HINDSIGHT: "Wer wusste zu diesem Zeitpunkt was, und woher?",
}


def german() -> Language:
    return language(WHO, OBJECTS, RULES, ASKS, VOCABULARY)
