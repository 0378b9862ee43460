"""Words that stand with a capital letter where a name could stand, and are none."""

from __future__ import annotations

from typing import Final

_GRAMMAR: Final = """
    a about above across actually after again against ain't all almost alone already also although always am an and
    another any anybody anyone anything anyway are aren't around as at away back be because been before behind being
    below beside besides between both but by came can can't cannot could couldn't did didn't do does doesn't doing
    don't done down during each either else enough even ever every everybody everyone everything except far few first
    five for four from get gets getting give go goes going gone gonna good got had hadn't half has hasn't have haven't
    having he he'd he'll he's her here here's hers herself him himself his how how's however i i'd i'll i'm i've if im
    in inside instead into is isn't it it'll it's its itself ive just keep last least less let let's like little long
    lot lots made make makes many may maybe me mine might more most mostly much must my myself near nearly need
    neither never new next no nobody none nor not nothing now of off often oh ok okay old on once one only onto or
    other others ought our ours out outside over own past people per perhaps please plus pretty probably quite rather
    really right said same say says second see seems she she'd she'll she's should shouldn't since so some somebody
    someone something sometimes somewhere soon sorry still such sure take tell ten than thank thanks that that's the
    their theirs them themselves then there there's these they they'd they'll they're they've thing things this those
    though three through thus till to today together told tomorrow tonight too took toward try two under unless until
    up upon us used very wanna want was wasn't way we we'd we'll we're we've well went were weren't what what's
    whatever when when's whenever where where's wherever whether which while who who's whoever whole whom whose why
    will with within without won't would wouldn't yeah yes yesterday yet you you'd you'll you're you've your yours
    yourself welcome
    """
_ADDRESSED: Final = """
    all baby babe beautiful boys bro buddy bud class crew darling dear diary doc doctor dude everybody everyone
    everything fam family fellow folks friend friends gang gentlemen girl girls god gorgeous group guys handsome
    heaven hello hey hi honey human internet jesus kid kiddo kids ladies lady lord love lovely lovelies ma'am madam
    mam man mate mates men miss mister mods mom moms mommy momma mum mummy mama ma dad daddy pa papa pop grandma
    grandpa granny gran nana nan sis neighbor op opie people pal pals parents prof professor reader readers redditors
    reddit santa sir sirs sister son stranger strangers sweetheart sweetie sun sunshine team teacher there therapist
    therapists tumblr twitter universe user users world y'all yall you
    """
_STATES: Final = """
    abnormal abused addicted adhd afraid agnostic alcoholic alive allah american anorexic anxious aquarius arab aries
    asexual asian atheist aspie autistic aware awesome australian bad beyond bi bipolar bisexual black blessed
    borderline bored bpd brazilian british broke broken buddha buddhist bulimic busy cancer capricorn catholic chinese
    chill christ christian clean concerned confused crazy crying cuban curious cute dead deaf depressed desperate
    devastated diabetic disabled disgusting done drinking drunk dumb dutch dying egyptian emo english epileptic eu
    european exhausted extremely fat fed female filipino fine finally finnish fired free french freaking fucked
    fucking furious gay gemini german glad gods greek grateful guilty happy heartbroken here hindu hispanic home
    homeless honestly hopeless horrible huge hungry ill indian infj infp insane intj intp introvert irish italian
    japanese jew jewish jobless jehovah kinda korean latina latino leo lesbian libra literally lonely lost loser lucky
    mad male married mental mentally messed mexican miserable mormon moslem muslim native nervous new nigerian
    nonbinary numb ocd ok only overwhelmed pakistani panicking pagan pathetic perfect pisces polish poor portuguese
    pregnant proud ptsd queer ready religious republican democrat retired russian sad safe sagittarius scared
    schizophrenic scorpio scottish seriously sick single so sober spanish spiritual straight stressed stuck stupid
    suicidal super swedish swiss taurus terrible terrified thai tired torn trans transgender trapped trash turkish
    ugly ukrainian unable unemployed unhappy upset useless vegan vegetarian vietnamese virgo weak weird welsh white
    worthless worried wrong young
    """
_CALENDAR: Final = """
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december christmas easter halloween thanksgiving ramadan hanukkah valentine valentine's birthday
    new spring summer autumn fall winter
    """
_THINGS: Final = """
    aa abilify acid adderall advil african alcoholism alexa amazon ambien america americans android anxiety apple army
    asperger asperger's ativan australia autism bible bmw brazil britain bupe buspar california canada celexa chatgpt
    china chrome church coke college corona covid cymbalta dbt cbt depression discord disney dm dr dsm dxm effexor
    emdr england er europe facebook fda fentanyl florida france gabapentin germany google grindr gta gym harvard
    hospital hr hulu icu india instagram insta iphone iq iran iraq ireland israel italy japan jail kik klonopin korea
    kratom kpins lexapro lifeline linkedin lithium london loperamide lsd lyrica mcdonald's mdma medicaid medicare
    methadone mexico microsoft minecraft mirtazapine mit molly narcan narcotics navy netflix nintendo nyc oxford oxy
    oxycontin pakistan paxil paypal percocet pinterest plug prozac psychosis ptsd quora remeron siri cortana ritalin
    rn russia samaritans seroquel sex skype snapchat social spain spotify steam suboxone subutex subs suicide sweden
    switzerland syria telegram texas tiktok tinder tramadol trazodone tylenol uber uk ukraine university usa va valium
    venmo viagra vicodin vietnam vyvanse walmart wellbutrin whatsapp xanax xans xbox youtube zoloft zoom zyprexa edit
    update tldr idk lol lmao omg btw ps ciao fuck bot
    """
_PLACES: Final = """
    alabama alaska arizona arkansas colorado connecticut delaware hawaii idaho illinois indiana iowa kansas kentucky
    louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada jersey ohio
    oklahoma oregon pennsylvania rhode tennessee utah vermont washington wisconsin wyoming ontario quebec scotland
    wales chicago boston seattle portland miami atlanta denver detroit philadelphia philly baltimore houston angeles
    diego francisco vegas orlando tampa nashville memphis minneapolis milwaukee sacramento phoenix tucson albuquerque
    fort louis san santa los las el north south east west toronto vancouver montreal manchester liverpool birmingham
    glasgow edinburgh dublin berlin madrid rome moscow tokyo beijing delhi mumbai dubai cairo stockholm melbourne
    brisbane perth
"""
_TITLES: Final = """
    dr mr mrs ms mx prof doctor professor nurse pastor rev reverend rabbi imam aunt auntie uncle coach officer
    detective sister brother father mother mom dad judge captain sergeant sgt president king queen prince princess
    lord lady saint st miss
    """

GRAMMAR: Final[frozenset[str]] = frozenset(_GRAMMAR.split())
TITLES: Final[frozenset[str]] = frozenset(_TITLES.split())
NOT_NAMES: Final[frozenset[str]] = (
    frozenset((_GRAMMAR + _ADDRESSED + _STATES + _CALENDAR + _THINGS + _PLACES).split()) | TITLES
)
# Endings of adjectives, participles and groups of people, for words that are on no list of names.
ADJECTIVE_ENDINGS: Final = (
    "ing", "ed", "mia", "ular", "phobic", "ish", "ese", "ic", "ist", "ists", "ive", "ous", "ful", "ly", "less", "able",
    "ible", "ness", "tion", "ment", "ity", "ism", "holic", "sexual", "ian", "ians", "ican", "ans", "ual", "ial", "est",
    "ize", "n't",
)  # fmt: skip
# A given name before one of these is an organisation's: "the Trevor Project" has to stay readable.
ORGANISATIONS: Final[frozenset[str]] = frozenset(
    """
    project foundation hospital university college school clinic centre center institute house trust church street
    """.split()  # noqa: SIM905
)
# Titles before these are characters, brands or sayings, not people who could be found.
FAMOUS_AFTER_TITLE: Final[frozenset[str]] = frozenset(
    """
    frankenstein phil oz seuss who pepper strange house rogers right perfect robot nice bean spock president darcy
    potato poppins claus big t martens google drew evil god jesus jekyll hyde wrong incredible clean fox watson
    doolittle dre luther
    """.split()  # noqa: SIM905
)
PUBLIC_SURNAMES: Final[frozenset[str]] = frozenset(
    """
    trump obama biden clinton bush putin musk bezos jobs swift cobain bennington bieber spears winehouse presley
    bourdain hitler freud jung einstein hawking potter styles gomez perry jackson kardashian manson bundy sheen
    letterman colbert kimmel rogan peterson cornell hemingway plath woolf nietzsche camus kafka king gandhi mandela
    beckham ronaldo messi jordan bryant spade epstein weinstein schumer sanders pence cruz depp dicaprio pitt jolie
    aniston hanks carrey cruise stallone schwarzenegger eastwood reynolds sandler lennon mccartney bowie mercury
    hendrix joplin morrison cash dylan cena durant curry brady lovato grande cyrus eilish linehan rosenberg gottman
    kolk mate shakespeare christ
    """.split()  # noqa: SIM905
)
