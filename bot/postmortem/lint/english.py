"""English: what judges people, and who counts as one of them."""

from __future__ import annotations

from bot.postmortem.lint.finding import Class
from bot.postmortem.lint.grammar import NAME, PEOPLE, Language, Rule, language

VOCABULARY = {
    **PEOPLE,
    # --- Who. Customers are none of them: that users failed to log in is the impact.
    "NAMED": f"{NAME}+(?: {NAME}+)?",
    "SOMEBODY": "i|we|he|she|someone|somebody|anyone|everyone|everybody|one of us",
    "THE": "the|an?|our|their|his|her|one|two|three|another|some|no|each|every|both|any|this|that|these|those|all",
    "THEIR": "(?: (?!THE )(?!HARDWARE )WORD){0,3}?",
    "CLEAR": r"engineers?|administrators?|(?:sys)?admins?|developers?|sres?|dbas?|on-?calls?|colleagues?|co-?workers?"
    r"|technicians?|people|persons?|staff|personnel|contractors?|vendors?|reviewers?|approvers?|maintainers?|employees?"
    r"|humans|trainees?|interns?|juniors?|(?:team|staff|crew) members?|(?:shift|incident|change|release) managers?"
    r"|(?:day|night|early|late) shift|(?<!nic\s)(?<!bond\s)teams|operators|responders|leads",
    "UNCLEAR": "lead|team|responder|commander|scribe|author|noc",
    # Network cards come in teams, and OCSP has responders.
    "HARDWARE": "nic|bond|bonding|lacp|port|link|interface|ocsp|arp|dhcp|probe|health",
    # In Kubernetes an operator is a program.
    "HUMAN": "human|on-call|night|day|shift|duty|system|systems|network|storage|cloud|senior|junior|new|second|first|tired",
    "PROGRAM": r"\w+ to (?:re)?(?:concile|start|create|watch|update|elect|acquire|renew|pull|schedule|roll|apply|list|delete)",
    # --- Between somebody and what they did.
    "MORE": r"(?: on (?:call|duty|shift|site)| at the (?:console|time|keyboard)| involved| in the WORD(?: WORD)?"
    r"| (?:in charge|responsible)(?: (?:of|for)(?: WORD){1,3}?)?| (?:from|of|in) (?:the )?WORD(?: (?:team|shift))?"
    r"|,? who(?: ANY){1,8}?,?)?",
    "JOINED": r"(?: DONE(?: ANY){0,10}?,? (?:and|but|yet)(?: then)?)?",
    "ADVERB": r"also|then|again|still|just|even|first|later|there|once|all|both|had|has|have|never|only|[a-z]{2,12}ly",
    "SUBJECT": "WHO MORE JOINED(?: ADVERB){0,3}",
    # --- What.
    "SURELY": "(?: (?:not|never|also|at least|all|[a-z]{2,12}ly)){0,2}",
    "HAVE": "(?: have|['’]ve)",
    "NOT": r"(?:did|does|do|had|has|have)(?: not|n['’]t)",
    "DONE": r"[a-z]{2,20}ed|been|had|known|seen|done|gone|taken|took|caught|made|given|found|kept|held|left|set|put|shut"
    r"|told|thought|read|run|ran|built|sent|spent|understood|written|begun|came|come|cut|led|let|lost|met|meant|said|shown"
    r"|chosen|broken|spoken|woken|rung|become|hit|stood|brought|fought|got|gotten|felt|saw|went|drew|wrote",
    "LOOKED": r"(?:notic|reali[sz]|recogni[sz]|read|verif|test|check|follow|spot|catch|caught|consider|think|thought"
    r"|bother|look|review|escalat|communicat|inform|document|react|pay attention|question|label)\w{0,3}",
    "EVER": "(?: (?:had|ever|bothered to|thought to|really)){0,2}",
    "ABSENT": "inadequate(?:ly)?|insufficient(?:ly)?|inappropriate(?:ly)?|improper(?:ly)?|deficient|substandard|lacking"
    "|sloppy|poor(?:ly)?|bad(?:ly)?",
    "PRACTICE": "monitoring|testing|test coverage|(?:code |peer )?reviews?|planning|communications?|preparation|training"
    "|documentation|change management|procedures?|judge?ment|decisions?|understanding|oversight|supervision|care|diligence"
    "|discipline|practices?|coordination|attention|awareness|risk assessment|handling|choices?|alerting|runbooks?"
    "|hand-?overs?|knowledge",
    "SKILL": "training|attention|care|experience|diligence|discipline|skills?|competence|awareness|knowledge|understanding",
    "SLIP": "mistakes?|errors?|slips?|oversights?|blunders?|failings?|failures?|faults?|negligence|inattention|carelessness",
    "ALWAYS": "always|never|all|in future|[a-z]{2,12}ly",
    "MIND": "remember|double-?check|forget|think|concentrate|focus|know better|watch out",
    "CLEARLY": "clear|obvious|evident|apparent|foreseeable|predictable",
    "THEN": "to WORD|by then|then|from the (?:start|beginning|outset)",
    "CUSTOMERS": "customers?|users?|tenants?|clients?|requests?|writes?|reads?|visitors?|readers?",
    # Why a word is not meant: behind these nobody claims one cause, and a machine may remind whom it likes.
    "DENIED": r"\b(?:no|not|never|any|without|than|rather|instead|of one|single)\b[^.,;]{0,20}",
    "MACHINE": r"\b(?:bot|script|tool|job|alert|klatsch|cron|it|which|ticket)\b[^.;]{0,40}",
    "CLAUSE": r"(?:\A|[,:(–—-]|\b(?:that|because|and|but|as|since|so|although|though|yet|then))\W*",
    "OPEN": r"(?: (?:WORD )?(?:not|still|un\w+|yet|being|under|given|code|field)\b)",
}

WHO = """
    NAMED
    SOMEBODY
    (?:THE THEIR )?CLEAR(?: CLEAR| UNCLEAR)?
    THE THEIR UNCLEAR
    THE (?:HUMAN ){0,2}operator(?! PROGRAM)
"""

OBJECTS = (
    "to|for|by|of|from|with|at|about|via|against|towards|between|among|woke|paged|pages|paging|called|calls"
    "|alerted|alerts|informed|informs|notified|notifies|told|reached|reaches|asked|asks|lets|let|letting|named"
    "|except|like|than"
)

RULES = (
    Rule(
        Class.COUNTERFACTUAL,
        r"""
        (?:WHO )?(?:should|ought to)(?:n['’]t)? SURELY HAVE(?: ADVERB){0,2} DONE
        if only(?: ANY){1,4}? had
        (?:nobody|no[ -]one|none of (?:us|them|WHOM))(?: (?:on|in|from) ANY)? EVER (?:LOOKED|cared)
        SUBJECT (?:fail(?:ed|s|ing)?|neglect(?:ed|s)?|omitted) to WORD
        SUBJECT NOT(?: ADVERB){0,2} LOOKED
        SUBJECT never LOOKED
        SUBJECT (?:overlook|disregard|ignor)(?:ed|s)
        SUBJECT missed (?:the|an?|that|this|all|several|every|two|both)
        (?:overlooked|missed|ignored|disregarded) by WHOM
        """,
    ),
    # That customers could or would have seen something is how impact is estimated; `what would have helped` is a question.
    Rule(
        Class.COUNTERFACTUAL,
        r"(?:WHO )?(?:could|would)(?:n['’]t)? SURELY HAVE(?: ADVERB){0,2} DONE",
        unless=r"\b(?:CUSTOMERS) (?:[\w-]+ ){0,3}|(?:\A|[,:(])\W*(?:what|which|how)\b[^.;]{0,60}",
    ),
    Rule(
        Class.COUNTERFACTUAL,
        r"""
        if(?: ANY){1,6}? had(?:n['’]t| not| only)?(?: ADVERB){0,2} DONE
        had(?! to\b)(?: ANY){1,5}? DONE(?=[^.]{0,80},)
        """,
        behind="CLAUSE",
    ),
    Rule(
        Class.HUMAN_CAUSE,
        r"""
        SUBJECT forg[eo]t(?:ten)?(?: (?:to|about))?
        SUBJECT (?:mis(?:read|judged|typed|understood|interpreted|configured)|fat-?fingered|panicked)
        SUBJECT (?:messed up|screwed up|mixed up|broke|lost situational awareness)
        SUBJECT (?:made|makes?) (?:an?|the|another) (?:WORD )?(?:mistake|error|blunder)
        SUBJECT (?:was|were|is|are) (?:to blame|at fault|distracted|not trained|inexperienced)
        SUBJECT (?:was|were|is|are) responsible for (?:the|this) (?:outage|incident|failure)
        SLIP (?:made )?(?:by|on the part of|of) WHOM
        WHOM['’]s? (?:WORD )?SLIP
        (?:lack|absence) of (?:(?:proper|sufficient|adequate|operator|staff|technical) )?SKILL
        loss of situational awareness|inattenti(?:on|ve)|complacen(?:cy|t)|fat-?fingers?
        (?:was|were|been) (?:simply )?forgotten
        (?:forgotten|misconfigured|broken|mishandled) by WHOM
        """,
    ),
    Rule(
        Class.HUMAN_CAUSE,
        r"(?:human|operator|user|pilot|admin(?:istrator)?|manual|WHOM) (?:errors?|mistakes?|faults?)(?!:)"
        r"(?! (?:rates?|pages?|messages?|budgets?|counts?|codes?|logs?|handl\w+|reports?|metrics?)\b)",
        unless=r"\b(?:\d+|(?:number|rate|share) of|many|more|http|4xx) ",
    ),
    Rule(
        Class.SINGLE_CAUSE,
        r"""
        (?:the|our|its|one) (?:(?:true|real|actual|main|single|only|underlying) )?root[ -]cause(?! analys\w*)(?! (?:was|is) OPEN)
        root[ -]cause(?:\s*:| (?:was|is)(?! OPEN))
        (?:the|its) (?:sole|only|single|one|real|true) (?:cause|reason|culprit)
        the (?:cause|reason)(?: (?:for|of|why|behind)(?: ANY){1,7}?)? (?:was|is|lay in)(?! OPEN)(?= \w|:)
        """,
        unless="DENIED",
    ),
    Rule(
        Class.SINGLE_CAUSE,
        r"""
        (?:solely|entirely|purely|exclusively) (?:due to|because of|caused by|the result of)
        caused by WHOM
        SUBJECT caused
        """,
    ),
    Rule(
        Class.NORMATIVE,
        r"""
        careless(?:ly|ness)?|negligen(?:t|tly|ce)|slopp(?:y|ily|iness)|reckless(?:ly|ness)?|irresponsib(?:le|ly)
        incompeten(?:t|ce)|unprofessional(?:ly)?|inexcusabl[ey]|unacceptabl[ey]|obviously|mismanage(?:d|ment)|botched
        ABSENT (?:WORD )?PRACTICE(?! (?:nodes?|plane|port|interval)\b)
        PRACTICE (?:(?:of|for|in|during|to|with|between)(?: ANY){1,4}? )?(?:was|were|is|are|has been|proved) (?:\w+ly )?ABSENT
        (?:wrong|incorrect|poor|bad) (?:decisions?|judge?ment|assumptions?|call|choices?|conclusions?)
        SUBJECT (?:incorrectly|wrongly|mistakenly|erroneously|blindly|improperly|foolishly|inappropriately) WORD
        SUBJECT (?:violated|breached)
        WHO (?:could|should|would|only) (?:WORD ){0,2}?(?:simply|just) (?!been)WORD
        """,
    ),
    Rule(
        Class.ANIMATED,
        r"""
        ridiculous(?:ly)?|unbelievabl[ey]|incredibl[ey]|nightmar(?:e|es|ish)|horribl[ye]|horrendous(?:ly)?|terribl[ye]|insane(?:ly)?
        idiotic|stupid(?:ly|ity)?|absurd(?:ly)?|awful(?:ly)?|shocking(?:ly)?|embarrassing(?:ly)?|catastrophically|disastrous(?:ly)?
        laughabl[ye]|pathetic|crazy|epic fail|(?:complete|total|absolute|utter) (?:mess|chaos)
        disasters?(?![ -]*(?:recovery|drills?|plans?|sites?|declaration|scenarios?|tolerance|exercises?|regions?)\b)(?!-)
        surprise, surprise|as usual(?=,)|(?:great|brilliant) idea|what a (?:surprise|mess|joke)
        """,
    ),
    Rule(
        Class.PRESCRIPTIVE,
        r"""
        be (?:(?:more|extra|very|especially|much more) )?(?:careful|vigilant|attentive|diligent|mindful|cautious)
        more (?:carefully|diligently|attentively|cautiously)
        pay(?:ing)? (?:(?:more|closer|better|greater|close) )?attention
        (?:exercise|take|show|use) (?:more|greater|extra|better) (?:care|caution|diligence)
        (?:try|think) harder|disciplinary|think (?:twice|before)
        WHO (?:must|should|needs? to|have to|has to|ought to|will(?: have to)?) (?:ALWAYS )?MIND
        """,
    ),
    # A machine may remind people; people need not be reminded by an action item.
    Rule(
        Class.PRESCRIPTIVE,
        r"""
        (?:re-?train|remind|educat|instruct|admonish|disciplin)(?:e|ed|ing)?(?: of)? (?!i\b|we\b)WHOM
        (?:mak(?:e|ing) sure|ensur(?:e|ing)) (?:that )?(?!we\b)WHOM
        """,
        unless="MACHINE",
    ),
    Rule(
        Class.HINDSIGHT,
        r"""
        (?:it|this|that) (?:was|is|had been) (?:(?:already|quite|perfectly|[a-z]{3,12}ly) )?CLEARLY(?: THEN){0,2} that
        (?:was|were) (?:clear|obvious|evident|foreseeable) (?:from the (?:start|beginning|outset)|all along)
        already then|back then already|(?:in|with) (?:the benefit of )?hindsight|in retrospect|looking back(?=,)
        (?:was|were) (?:always )?bound to|(?:only|just) a matter of time|inevitabl[ey]|(?:knew|known) all along
        (?:was|were|entirely|easily|completely|perfectly) (?:avoidable|preventable|predictable|foreseeable)
        all the signs|writing was on the wall|as we now know
        """,
    ),
)

ASKS = {
    Class.COUNTERFACTUAL: "What was visible at that moment, and what made the chosen action look right?",
    Class.NORMATIVE: "Compared with what expectation? State what was observed, and its source.",
    Class.HUMAN_CAUSE: "Which conditions let this action have this effect, and what would stop the next person?",
    Class.NAMING: "Could a role stand here, such as “the on-call engineer”, with what that role saw and decided?",
    Class.SINGLE_CAUSE: "Which factors contributed: what set it off, and which conditions let that have this effect?",
    Class.ANIMATED: "Which number says this, and where can a reader look it up?",
    Class.PRESCRIPTIVE: "Which change to a tool, a default, an alert or a limit would do this, so that nobody has to remember?",
    Class.HINDSIGHT: "Who knew what at that time, and from where?",
}


def english() -> Language:
    return language(WHO, OBJECTS, RULES, ASKS, VOCABULARY)
