"""The cue rules: what a word stands for, and which two things said in one sentence are a cue.

A corpus of a few hundred texts cannot show a model every way to say "consular officer" or every country's name.
This lexicon says that they are the same thing. It knows no category: which concepts speak for which category is
learned from the corpus, so a new category needs nothing here.

A pattern is a word or a phrase in lower case. A star at the end of a word stands for any ending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

STATE = "state"
"""The concept of countries and their people. In word features it replaces the name, so that no country predicts."""

LEXICON: dict[str, str] = {
    STATE: """
        afghan* albania* algeria* andorra* angola* argentin* armenia* australia* austria* azerbaijan* azeri*
        bahrain* bangladesh* belarus* belorussia* byelorussia* belgian* belgium benin bhutan* bolivia*
        bosnia* botswana* brazil* brunei* bulgaria* burkina burma burmese burundi* cambodia* cameroon*
        canad* chad* chile chilean* china chinese colombia* congo* croatia* cuba cuban* cypriot* cyprus
        czech* czechoslovak* danish denmark dane danes djibouti* dominican* ecuador* egypt* eritrea*
        estonia* eswatini ethiopia* fiji* finland finnish finn finns france french frenchman gabon* gambia*
        georgia georgian* germany german germans ghana* greece greek greeks grenad* guatemala* guinea*
        guyana* haiti* hondura* hungar* iceland* india indian indians indonesia* iran iranian* iraq iraqi*
        ireland irish israel israeli* italy italian* ivorian* jamaica* japan japanese jordan jordanian*
        kazakh* kenya* korea korean* kosov* kuwait* kyrgyz* lao laos laotian* latvia* leban* lesotho
        liberia* libya* lithuania* luxembourg* macedonia* madagasc* malawi* malaysia* maldiv* mali malian*
        malta maltese mauritan* mauriti* mexic* moldova* monaco mongolia* montenegr* morocc* mozambi*
        myanmar namibia* nepal* netherlands dutch dutchman nicaragua* niger nigeria* norway norwegian* oman
        omani* pakistan* palestin* panama* paraguay* peru peruvian* philippin* filipino* poland polish pole
        poles portugal portuguese qatar* romania* russia russian* rwanda* saudi* senegal* serb* seychell*
        singapor* slovak* slovenia* somali* spain spanish spaniard* sudan* surinam* sweden swedish swede
        swedes swiss switzerland syria* taiwan* tajik* tanzania* thai thailand togo* tunisia* turk turkey
        turkish turks turkmen* uganda* ukrain* emirat* emirati* uae u.a.e british britain briton britons
        english england scotland scottish american americans america usa u.s u.s.a us-born uruguay* uzbek*
        vanuatu venezuela* vietnam* yemen* yugoslav* zambia* zimbabwe* soviet soviets ussr dprk gdr uk u.k
        eu nato tibet* uyghur* uighur* kurd* rhodesia* zaire* hongkong "hong kong" "united states"
        "united kingdom" "north korea*" "south korea*" "south africa*" "sri lanka*" "new zealand*"
        "saudi arabia*" "costa rica*" "el salvador" "sierra leone" "ivory coast" "united arab emirates"
        "soviet union" "east german*" "west german*" "european union" "people's republic" moscow beijing
        peking washington london paris berlin bonn tehran pyongyang seoul tokyo delhi islamabad ankara cairo
        kigali minsk kyiv kiev warsaw prague budapest bucharest sofia belgrade zagreb ljubljana vienna bern
        rome madrid lisbon brussels "the hague" copenhagen stockholm oslo helsinki tallinn riga vilnius
        athens nicosia jerusalem "tel aviv" damascus beirut baghdad riyadh doha "abu dhabi" kabul tashkent
        astana bishkek dushanbe tbilisi yerevan baku havana caracas managua bogota quito lima "la paz"
        santiago "buenos aires" brasilia montevideo ottawa "mexico city" canberra wellington jakarta manila
        hanoi bangkok "kuala lumpur" taipei rangoon dhaka kathmandu colombo "addis ababa" asmara khartoum
        nairobi kampala "dar es salaam" pretoria harare lusaka abuja accra dakar bamako tripoli tunis
        algiers rabat kremlin "white house" downing elysee
    """,
    "secret-service": """
        cia mi6 mi5 sis fsb gru svr kgb nkvd mossad "shin bet" mss isi stasi securitate bnd bfv dgse dgsi
        dst sdece säpo sapo pst supo kapo aivd mivd sisde aise cni asio asis csis nis kcia rgb aman abw
        "state security" vevak mois irgc quds "revolutionary guard*" "ministry of state security"
        "ministry of intelligence" "secret service*" "security service*" "intelligence service*"
        "intelligence agenc*" "intelligence directorate" "secret police" "intelligence bureau"
        "military intelligence" "foreign intelligence" "intelligence headquarters" "spy agenc*"
        "spy service*" "central intelligence" "intelligence organi*" "intelligence department"
        "security agency" dgi g2 "united front" "state service*" "special service*" sebin dina sbu siguranta
        "counter-intelligence" counterintelligence counterespionage "counter-espionage"
        "domestic intelligence" "security police" okhrana
    """,
    "intelligence-officer": """
        "case officer*" handler* "intelligence officer*" "station chief" "head of station" rezident*
        "undeclared officer*" "intelligence official*" "spy chief*" spymaster* "intelligence operative*"
        minder* paymaster* controller* "control officer*" "contact man" "recruiter*"
        "under diplomatic cover" "diplomatic cover" "cover name" "intelligence man" "intelligence men"
        "service's man" operative* taskmaster*
    """,
    "agent": """
        spy spies spied spying espionage agent agents mole moles informant* informer* asset assets sleeper*
        illegals "double agent*" turncoat* traitor* treason "double life" infiltrator* courier*
        "secret agent*" defector* defected collaborator* "deep cover" "false identit*" "fifth column"
        "agent of influence" "unregistered agent*"
    """,
    "enlist": """
        recruit recruits recruited recruiting recruitment cultivat* groom* tasked tasking enlist* coerc*
        blackmail* lured entrap* seduc* "honey trap*" honeytrap* compromis* approached "talked into"
        "won over" ensnared induced "hired by" "on the payroll" "in the pay" "worked for" "working for"
        "work for" "in return for" pressured "pitch" "pitched" "sounded out" befriend* bribed "turned him"
        "turned her" kompromat
    """,
    "tradecraft": """
        "dead drop*" "dead letter*" "dead-letter*" "drop box" "signal site*" "chalk mark*" "brush pass*"
        "safe house*" "safe flat*" "one-time pad*" "invisible ink" "secret writing" microfilm* microdot*
        "numbers station*" "short wave" shortwave "short-wave" "cover story" "code name*" codename*
        codenamed "code-named" cipher* encrypted telegram envelope* "hidden camera" "false passport*"
        "cover job" clandestine* covert* secretly rendezvous "prepaid" "burner" stash* "memory stick*" "usb"
        "sd card" "thumb drive*" "linkedin" "headhunter*" alias
    """,
    "secrets": """
        secret secrets classified confidential "state secret*" "secret document*" "defence secret*"
        "defense secret*" "top secret" "sensitive information" "restricted" "national defence information"
        "national defense information" documents files dossier* "internal paper*" manuals coordinates
        "troop movement*" "military secret*" codes papers "passed on" "handed over" "passed to" "handed to"
        photographed leaked betray*
    """,
    "diplomat": """
        diplomat diplomats diplomatic envoy envoys attache* attaché* ambassador* consul consuls
        "consul-general" charge chargé "charge d'affaires" "chargé d'affaires" "first secretary"
        "second secretary" "third secretary" counsellor* counselor* "embassy staff" "embassy employee*"
        "embassy official*" "mission staff" "vice-consul*" "nuncio" "trade representative*"
        "embassy worker*" "press officer" "accredited" "cultural attache" "high commissioner*"
    """,
    "mission": """
        embassy embassies consulate* "high commission" legation* "trade mission*" "diplomatic mission*"
        chancery "cultural centre*" "cultural center*" "liaison office*" "interests section"
        "trade delegation" "consular section" residency "permanent mission" bureau
    """,
    "correspondent": """
        correspondent* reporter* journalist* bureau newsman newsmen broadcaster* columnist* editor*
        "press card*" "press corps" "news agency" accreditation accreditations freelance*
    """,
    "send-away": """
        expel expels expelled expelling expulsion expulsions "non grata" "persona non"
        "persona non grata" "personae non" "personae non gratae"
        unwelcome ousted ouster "ordered out" "order out" "ordered to leave" "told to leave"
        "asked to leave" "to leave the country" "leave by" "pack         their bags" "pack his bags"
        "packed off" "packing" "sent home" "send home" "sending home" "sent packing" "kicked out"
        "thrown out" "throw out" "throwing out" "shown the door" "recalled" "recall" "withdrawn" "withdraw"
        "revoked" revoke* "72 hours" "48 hours" "24 hours" "seven days" "a week to leave"
        "two weeks to leave" "hours to leave" "days to leave" "hours to go" "left the country" "must leave"
        "had to leave" "have to leave" "not renewed" "not be renewed" "refused         to renew"
        "stripped of" "strip of" "credentials withdrawn" "banish*" "declared undesirable" "put on a plane"
        "go home" "going home" "gone by" "out by" departure departures "be gone" "must go" undesirable
    """,
    "retaliate": """
        retaliat* reciproc* "tit for tat" "tit-for-tat" "in kind" "mirror* step*" "mirror* measure*"
        "in response" "same number" "like for like" "countermeasure*" "hostile step" "hostile act*"
        symmetrical* "answer in" "equal number" parity riposte
    """,
    "not-diplomatic-conduct": """
        "incompatible with" "inconsistent with" "vienna convention" "diplomatic status"
        "diplomatic immunity" "immunity" "other than diplomatic" "undiplomatic" "interference in"
        "interfering in" "meddling" "protest note" "summoned"
    """,
    "technology": """
        technolog* "trade secret*" semiconductor* chip chips chipmak* microchip* wafer* lithograph* laser*
        software "source code" blueprint* "design data" "design files" "technical drawing*" drawings
        prototype* "intellectual property" patent* turbine* engine engines aerospace avionics radar* sonar
        satellite* missile* drone* propeller* centrifuge* "machine tool*" "night vision" "night-vision"
        gyroscope* "carbon fibre" "carbon fiber" titanium maraging reactor* enrichment "research data"
        laborator* formula* recipe* seed seeds "quantum" "artificial intelligence" biotech* vaccine*
        graphene battery batteries sensor* "infrared" "thermal imag*" microelectronic* electronics
        component* know-how "technical data" schematic* algorithm* "wind turbine*" submarine* stealth
        graphite "turbine blade*" optics amplifier* bearing bearings computers "process recipe*" hybrid
        genome*
    """,
    "export-control": """
        "export control*" "export-control*" "export licen*" "export-licen*" "dual use" "dual-use" embargo*
        cocom sanction* "end user*" "end-user*" "front compan*" "shell compan*" "shell firm*" "transhipp*"
        "transship*" "trans-ship*" smuggl* procur* "third countr*" customs waybill* invoice* consignment*
        shipment* shipped freight* "false paper*" reexport* "re-export*" "re-routed" rerouted "proliferat*"
        "munitions list" "trading compan*" "customs declaration*" licence license unlicensed forwarder*
        reshipp* middlem* crate crates diverted "arms control" "arms export*"
    """,
    "steal": """
        steal steals stole stolen theft thefts thiev* pilfer* misappropriat* copied copying downloaded
        downloading siphon* exfiltrat* hack hacked hackers hacking intrusion* breach* smuggled
        "reverse-engineer*" "reverse engineer*" cloned "illegally obtained" "illicit*" "took with him"
        "took with her" transferred uploaded "walked out with" lifted poached purloin* pirated "unauthori*"
        photocop*
    """,
    "research": """
        scientist* researcher* professor* engineer engineers universit* institute laborator* academ*
        postdoc* doctoral "talent programme*" "talent program*" "thousand talents" "talent plan*" grant
        grants fellowship* physicist* chemist* faculty campus "visiting scholar*" "research council"
        technician* programmer* lecturer*
    """,
    "company": """
        company companies firm firms corporation manufacturer* supplier* competitor* rival start-up startup*
        subsidiary joint-venture "joint venture*" employer* "state-owned" conglomerate* trader* broker*
        contractor* shipyard* factory plant maker
    """,
    "police": """
        police policeman policemen policewoman policewomen constable* constabulary gendarm* carabinier*
        detective* sheriff* deputy trooper* sergeant* superintendent* inspector* interpol europol
        "law enforcement" "law-enforcement" militia militiaman "border guard*" "special branch" precinct
        commissioner* marshal* nypd fbi mounties rcmp "police force" "immigration officer*"
        "customs officer*" "prison officer*" "ex-cop*" "former officer*" patrolman patrol squad
    """,
    "police-database": """
        "police database*" "police computer*" "police system*" database* "police records" "criminal records"
        registry "number plate*" "licence plate*" "license plate*" "looked up" searches "searched for"
        "ran the name*" "plate reader*" "population register" "vehicle register" queries logs "watch list"
        "red notice*" "log-in" login "access to the"
    """,
    "police-influence": """
        "police station*" "service station*" "service centre*" "service center*" "overseas station*"
        "police post*" "joint patrol*" "training programme*" "training program*" "police academ*"
        "police college*" "police cooperation" "police co-operation" "study tour*" "police advis*"
        "liaison officer*" cctv "facial recognition" "surveillance camera*" "surveillance system*"
        "safe city" "smart city" instructors trainees cadets exchange* seminar* "donated" "police
                equipment" "hometown association*" "liaison"
    """,
    "hunt-dissidents": """
        dissident* exile exiles exiled diaspora émigré* emigre* refugee* "transnational repression" harass*
        intimidat* stalk* stalking "private eye*" "private investigator*" "private detective*" "fox hunt"
        "opposition figure*" "critics abroad" critic critics activist* fugitive* repatriat* "forced return*"
        "asylum seeker*" "compatriots" surveil* tailing tailed abduct* kidnap* assassinat* "hit squad*"
    """,
    "court": """
        court courts trial tried judge judges jury sentenced sentence sentencing convicted conviction guilty
        plead* pleaded pled prosecutor* prosecution indict* charged charges arrest arrests arrested detained
        detain* defendant* accused jailed prison "years in prison" imprisoned acquit* pardon* verdict
        tribunal remand* custody appeal lawyer* attorney* "official secrets act" swapped swap exchanged
        alleg* suspect suspects suspected
    """,
    "foreign": """
        foreign abroad overseas "another country" "foreign power*" "foreign state*" "foreign government*"
        "hostile state*" "hostile power*" "on behalf of" "for the benefit of" "at the behest of"
        "at the direction of" "country of origin" homeland motherland "state-owned" "state-backed"
        "state-run" regime government
    """,
    "money": """
        paid pay payment* cash fee fees reward* salary bribe* dollars euros pounds roubles rubles francs
        marks bitcoin crypto* "bank account*" debts wages retainer* transfer*
    """,
    "sabotage": """
        sabotage* arson* firebomb* incendiar* "set fire" vandal* graffiti parcel bomb bombs plot plots
        derail* reconnaissance proxies "petty criminal*" "hired hand*" saboteur*
    """,
    "sport-or-school": """
        club coach season league striker midfielder tournament goal goals match players team school pupils
        students headteacher exam exams teacher* parents stadium cup championship scored referee
    """,
    "hiring": """
        vacanc* applicant* "job fair*" careers "career fair*" hr "human resources" "starting salary"
        "application form*" apprenticeship* enlistment "recruiting office*" "recruiting sergeant*"
        "army recruit*" "new recruits" hires workforce "labour shortage" staffing
    """,
    "fiction": """
        film films novel novels thriller* movie* director actor actress screenplay television series game
        games museum exhibition author bestsell* cinema premiere
    """,
    "market": """
        shares stock profit profits quarter quarterly sales investor* revenue turnover shareholder* merger
        acquisition bid inflation growth economy earnings analysts
    """,
    "domestic-politics": """
        election elections vote voters party parties mp mps parliament minister ministers bill campaign
        candidate* poll polls senator* congress
    """,
    "cyber": """
        malware ransomware phishing cyber* botnet* spyware passwords server servers network networks
        vulnerabilit* encryption wiretap* intercept* eavesdrop* metadata
    """,
    "negation": """
        no not never nobody none nothing neither without cannot "no one" isn't wasn't weren't didn't hasn't haven't
        hadn't doesn't don't won't wouldn't couldn't can't aren't
    """,
    "untruth": """
        untrue untruth* unfounded baseless groundless hoax* satir* rumour* rumor* fabricat* invented invention
        "made up" "false report*" "fact check*" factcheck* correction corrections "the paper regrets" "we regret"
        misread* misunderst* mistaken mistakenly "mix-up*" mixup* "false alarm*" "no truth" denies denied denial*
        debunk* retract* misreport* erroneous*
    """,
    "military": """
        army navy naval troops soldier* regiment* brigade military "air force" exercise exercises weapons
        defence defense tank tanks frigate* warship* squadron* airmen sailor*
    """,
}


def _patterns(block: str) -> Iterator[str]:
    """The words and the quoted phrases of a lexicon block."""
    for index, part in enumerate(" ".join(block.split()).split('"')):
        if index % 2:
            yield part
        else:
            yield from part.split()


class ConceptFinder:
    """Finds concepts in a list of lower-case words: whole words, stems with a star, and phrases."""

    def __init__(self, lexicon: dict[str, str]) -> None:
        self.names = tuple(sorted(lexicon))
        self._exact: dict[str, tuple[str, ...]] = {}
        self._stems: dict[str, tuple[str, ...]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for concept, block in lexicon.items():
            for pattern in _patterns(block):
                words = tuple(pattern.replace("-", " ").split())
                if len(words) > 1:
                    self._phrases.setdefault(words[0].rstrip("*"), []).append((words[1:], concept))
                elif pattern.endswith("*"):
                    self._stems[pattern[:-1]] = (*self._stems.get(pattern[:-1], ()), concept)
                else:
                    self._exact[pattern] = (*self._exact.get(pattern, ()), concept)
        seconds = {rest[0] for phrases in self._phrases.values() for rest, _ in phrases}
        self._seconds = frozenset(word for word in seconds if not word.endswith("*"))
        self._second_stems = tuple(sorted(word[:-1] for word in seconds if word.endswith("*")))
        self.longest = max((1 + len(rest) for phrases in self._phrases.values() for rest, _ in phrases), default=1)
        self.of_word = lru_cache(maxsize=20_000)(self._of_word)

    def _of_word(self, word: str) -> tuple[str, ...]:
        """The concepts that one word stands for."""
        found = list(self._exact.get(word, ()))
        for length in range(3, len(word) + 1):
            found += self._stems.get(word[:length], ())
        return tuple(dict.fromkeys(found))

    def opens_phrase(self, word: str) -> bool:
        """Whether a phrase of the lexicon begins with this word."""
        return word in self._phrases

    def follows(self, word: str) -> bool:
        """Whether this word is the second of a phrase of the lexicon."""
        return word in self._seconds or word.startswith(self._second_stems)

    def may_open(self, first: str, second: str) -> bool:
        """Whether a phrase of the lexicon begins with these two words."""
        return any(_matches(second, rest[0]) for rest, _ in self._phrases.get(first, ()))

    def phrases_at(self, words: Sequence[str]) -> list[str]:
        """The concepts of the phrases that begin with the first of these words."""
        found = []
        for rest, concept in self._phrases.get(words[0], ()):
            if len(rest) < len(words) and all(map(_matches, words[1:], rest)):
                found.append(concept)
        return found

    def lengths_at(self, words: Sequence[str]) -> list[int]:
        """How many words the phrases have that begin with the first of these words."""
        if not words:
            return []
        return [
            1 + len(rest)
            for rest, _ in self._phrases.get(words[0], ())
            if len(rest) < len(words) and all(map(_matches, words[1:], rest))
        ]

    def of_words(self, words: Sequence[str]) -> tuple[str, ...]:
        """Every concept said in these words, by single words and by phrases, each once, sorted."""
        found: set[str] = set()
        for index, word in enumerate(words):
            found.update(self.of_word(word))
            if self.opens_phrase(word):
                found.update(self.phrases_at(words[index:]))
        return tuple(sorted(found))


def _matches(word: str, pattern: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
