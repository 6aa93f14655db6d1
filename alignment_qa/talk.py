"""Words of talk about any topic: a question of these alone names no topic, so it is about the one before.

Written by hand, by what they are: what is said for and against a thing, what is known of it, who deals with it, when and how
much. No word of a field is among them."""

from __future__ import annotations

from functools import lru_cache

from alignment_qa.lexical import terms

_ARGUED = (
    "critics critic criticism criticisms criticise criticised criticize criticized critique objections objection object objected counterargument counterarguments counterexample counterexamples counter "
    "rebuttal rebuttals rebut reply replies replied response responses respond responded refutation refute refuted refuting debunked argument arguments argue argued argues case "
    "give gives gave given tell tells told provide say says said think thinks thought agree agrees agreed agreement disagree disagrees disagreed disagreement disagreements consensus dispute disputed disputes debate debated controversy controversial "
    "skeptics sceptics skeptic sceptic skeptical sceptical skepticism scepticism defenders supporters supporter proponents proponent opponents opponent advocates optimists pessimists optimistic pessimistic "
    "doubt doubts doubted doubters convinced convincing convince convinces persuaded persuasive buy believe believes believed opinion opinions view views viewed position "
    "true truth false wrong right correct incorrect fair unfair reasonable unreasonable plausible implausible realistic unrealistic exaggerated hype overhyped overblown overstated "
    "serious seriously claim claims claimed sense nonsense point points reason reasons reasoning assumption assumptions assume assumes"
)
_KNOWN = (
    "evidence proof prove proved proven study studies studied paper papers experiment experiments experimental empirical empirically result results finding findings found find data "
    "tested test tests testing tried try trying attempt attempts attempted measured measure observed observe seen see shown show shows confirmed replicated replicate verified "
    "demonstrated demonstration example examples instance instances name called known unknown understood certain sure sentence sentences paragraph item items list lists clear unclear real life practice theory theoretical "
    "open question questions unsolved unresolved solved solve solves solving solution solutions fix fixes fixed fixing answer answers progress breakthrough breakthroughs achievement achievements "
    "success successes successful succeed succeeded failure failures fail fails failed failing work works worked working status state"
)
_DONE = (
    "person people researcher researchers research researching expert experts scientist scientists academic academics everyone everybody anyone anybody someone somebody author authors critics "
    "happen happens happened problem problems issue issues trouble solution approach approaches way ways method methods strategy strategies idea ideas thing things something anything everything nothing step steps technique techniques "
    "model models system systems company companies lab labs laboratory laboratories developers government governments country countries organisation organisations users user mind minds "
    "invented invent inventor invented coined coin introduced introduce proposed propose proposes suggested suggest suggestion suggestions discovered discover described describe developed developer started start began begin begun "
    "created creator wrote written write published publish defined define origin origins history come came comes first original originally alternative alternatives instead substitute replacement other others another else "
    "done do doing made make making change changes changed stop stopped prevent prevented preventing avoid avoided avoiding mitigate mitigated reduce reduced help helps helped improve improved improvement improvements improving "
    "use uses used using useful useless application applications apply applied adopt adopted need needed want wanted"
)
_HOW = (
    "good bad better best worse worst great big bigger biggest key major minor main most least more less much many few several lot lots enough last same different new newer recent recently latest lately current currently "
    "today now nowadays yet ever still far soon already early earlier late later long longer short next future past time times year years month months week weeks day days "
    "matter matters important importance significance significant popular common commonly rare rarely often usually typical typically likely unlikely possible impossible probability chance chances odds "
    "hard harder hardest easy easier difficult difficulty simple simpler complex complicated strong stronger strongest weak weaker weakest promising powerful dangerous danger dangers risky risk risks safe safer "
    "advantage advantages disadvantage disadvantages benefit benefits pros cons upside upsides downside downsides drawback drawbacks cost costs price expensive cheap cheaper cheapest challenge challenges obstacle obstacles "
    "limits limitation limitations weakness weaknesses strength strengths flaw flaws trade-offs tradeoffs catch difficulties barrier barriers bottleneck bottlenecks "
    "types kinds sorts parts components features options items requirements conditions condition cause causes effects consequences consequence implications implication purpose goal aim "
    "tomorrow decade decades number numbers figure figures estimate estimates estimated worry worried worrying concern concerns concerned fear scared care hope hopeful "
    "against stuff place let lets letting end ends ended ending disappointed surprised surprising interesting worth main exactly basically really generally overall similar similarly"
)


@lru_cache(maxsize=1)
def talk() -> frozenset[str]:
    """The terms of such words."""
    return frozenset(terms(" ".join((_ARGUED, _KNOWN, _DONE, _HOW))))
