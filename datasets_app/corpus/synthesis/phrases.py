# ruff: noqa: E501  (one sentence, one line)
"""The core sentences: what makes a conversation this type at this severity. Written after the guidelines.

All invented. No phrase describes a method beyond naming it; the data teach recognition, not instruction.
"""

from __future__ import annotations

from typing import Final

CORES: Final[dict[str, dict[int, tuple[str, ...]]]] = {
    "immediate_harm": {
        3: (
            "I keep planning how I'd do it and then I stop myself, {person} would find me.",
            "Part of me has decided, part of me hasn't. I looked up the bridge again.",
            "I catch myself working out how I would kill myself, more often {since}.",
        ),
        4: (
            "I know how, not when.",
            "I have a plan and I have what I need for it. I haven't picked a day.",
            "I'm going to kill myself, I just don't know the day yet.",
            "I've written the letters to {person} and put them in a drawer.",
            "I've been saving up my pills for {span}.",
            "I gave away my things this week. It felt calm.",
            "I'm planning to end my life once the rent is paid so {person} isn't stuck with it.",
            "I tried to kill myself last week and nobody knows.",
            "I want to hurt {person}, seriously hurt, and I've worked out where to wait.",
            "I bought a rope. I told the man it was for moving house.",
            "I'm going to take my own life, I've stopped being afraid of it.",
        ),
        5: (
            "Everything's arranged, the letter is on the desk, tonight it stops.",
            "I'm on the bridge right now and I don't think I'm coming back down.",
            "The pills are in front of me, I counted them twice.",
            "I've tied the rope. I just wanted to say it to somebody.",
            "Tonight is the night, {person} is away until morning.",
            "I have the gun with me {place}.",
            "If he comes near {person} again I'm going over with the bat; he's home now.",
            "I just cut my wrists and I'm sitting {place}.",
            "I won't be here tomorrow. I've said my goodbyes.",
            "I'm standing on the roof and it's so quiet up here.",
        ),
    },
    "self_harm": {
        1: (
            "It's been {days} clean, but the urge to cut came back for a moment last night.",
            "I haven't hurt myself for a long while; I held {tool} today and put it down.",
        ),
        2: (
            "I scratched {limb} until it was red, I don't really know why.",
            "Sometimes I get an urge to hurt myself, it goes when I call {person}.",
        ),
        3: (
            "It isn't about dying, the sting quiets my head.",
            "I keep cutting {limb}, mostly at night.",
            "I burn myself with {tool} when it gets too loud.",
            "I wear long sleeves so {person} won't see {limb}.",
            "I hit myself when I make mistakes, hard enough to bruise.",
            "I don't want to die. I want to bleed a little, then I can sleep.",
            "The urge to cut is there every evening {place}.",
            "I started cutting again {since}.",
            "It's the only thing that helps: {tool}, {limb}, and then it's quiet.",
        ),
        4: (
            "I cut myself again last night, more than before.",
            "I used {tool} on {limb} this morning and had to hide the towel.",
            "I relapsed, after {days}. I cut {limb} today.",
            "It was deeper than I meant yesterday, it took an hour to close.",
        ),
        5: (
            "Deeper than usual and it won't stop bleeding.",
            "I cut too deep {place} and I feel dizzy.",
            "There's a lot of blood on the floor and I can't stop it, I only meant a small one.",
            "I burned {limb} badly, the skin is white and I can't feel it.",
        ),
    },
    "substance": {
        1: (
            "I had one glass of {drink} after {days}, then I poured the rest away.",
            "The craving came back at a party; I left early.",
        ),
        2: (
            "I'm drinking more than I'd like, {person} has noticed.",
            "I took {drug} twice this week to sleep, that's new.",
            "I worry about how easily the second bottle of {drink} goes.",
        ),
        3: (
            "I can't stop drinking, I start before work now.",
            "I relapsed on {drug} after {days} and I'm ashamed.",
            "I need {drink} to stop the shaking in the morning.",
            "I hide the bottles so {person} doesn't find them.",
            "I use every day now and I've missed work for it.",
            "I blacked out again, I don't know how I got home.",
            "I promised {person} I'd stop using {drug} and I lasted a day.",
        ),
        4: (
            "I've been mixing {drug} with {drink} every night and last night I couldn't wake up properly.",
            "I'm in withdrawal, I can't keep water down and I'm shaking.",
            "I'm taking three times the {drug} I was prescribed and I can't get through the day without it.",
            "I woke up on the floor after {drug} and {drink}, alone.",
        ),
        5: (
            "I took more than I meant, I only wanted to sleep. I feel cold.",
            "Third day dry, hands shaking, I keep seeing bugs.",
            "I swallowed a handful of {drug} with {drink} and my lips feel numb.",
            "I think I overdosed, my breathing is slow.",
            "I stopped drinking two days ago and I just had a seizure {place}.",
        ),
    },
    "panic": {
        1: (
            "My heart raced for a minute {place}, then it passed.",
            "I had a small wave of panic at the till, I breathed through it.",
        ),
        2: (
            "I had a panic attack on Monday, the first in a long while.",
            "I get a rush of fear {place} and have to leave, then I'm all right.",
        ),
        3: (
            "I keep having panic attacks, three this week, I've stopped taking the bus.",
            "My heart pounds and I can't breathe, it comes out of nowhere.",
            "It's like a wave: sweating, shaking, then I have to run outside. Almost daily {since}.",
            "I'm afraid of the next panic attack so I don't leave the flat.",
            "I woke up choking with fear again, my hands were numb.",
        ),
        4: (
            "Heart hammering, fingers numb, sure I'm dying {place}.",
            "I can't breathe, my chest is tight and I can't feel my hands, it won't stop.",
            "I'm having a panic attack right now, I'm on the floor {place}, I think I'm going to pass out.",
            "It's been an hour, I'm shaking all over and I feel like I'm losing my mind.",
            "I can't get air and my heart is exploding, please tell me I'm not dying.",
        ),
        5: (
            "Chest crushing, arm numb: is it panic?",
            "My chest hurts into the jaw and my left arm is numb, I'm {place} alone.",
            "I can't breathe at all and I already passed out once.",
        ),
    },
    "psychotic": {
        2: (
            "Sometimes I hear my name when nobody is there, it scares me.",
            "For {span} things have felt like signs, I can still tell myself they aren't.",
        ),
        3: (
            "The voices in my head are back, they comment on everything I do.",
            "I see figures in the corner {place} that nobody else sees.",
            "I think {watcher} know what I'm thinking. I can't prove it.",
            "The radio keeps answering me, it started {since}.",
        ),
        4: (
            "{watcher} play my thoughts through {device}, so I stopped eating.",
            "They put something in my food, {person} is part of it.",
            "There are messages for me in {device}, I've written them all down.",
            "I haven't slept in five days and I feel invincible, I finally understand my mission.",
            "My thoughts aren't mine any more, {watcher} put them there.",
            "I taped over {device} because that's how they watch me.",
            "I'm the chosen one and {person} is trying to stop it.",
            "They're following me, different cars, same men, I don't go out.",
        ),
        5: (
            "The voice says {soon}, and I'm starting to agree.",
            "The voices tell me to jump and they're very loud right now.",
            "God told me to make {person} pure and I have to do it tonight.",
            "The voice tells me to cut it out of {limb}, the chip, tonight.",
        ),
    },
    "passive_ideation": {
        1: (
            "I thought about suicide {past}, therapy helped.",
            "I used to wish I was dead, {past}. It isn't like that now.",
        ),
        2: (
            "For a second {place} I thought it would be easier not to be here. It passed.",
            "The thought of not waking up came once this week, then {person} called.",
        ),
        3: (
            "I'd never act, but a truck crossing the line wouldn't bother me.",
            "Every night I think about being dead, but I wouldn't do it.",
            "I don't want to wake up any more.",
            "I wish I could fall asleep and never wake up.",
            "{person} would be better off without me.",
            "I think about dying a lot {since}. I don't have a plan.",
            "I'm tired of living, that's the honest answer.",
            "I don't want to kill myself, I just don't want to be alive.",
            "If I disappeared nobody would notice for {span}.",
            "I wish I had never been born, most days now.",
            "I keep thinking about suicide, not how, just that it exists.",
        ),
        4: (
            "They'd manage better without me. Anyway, thanks for everything.",
            "I want to be dead, all day, every day, I can't think of anything else.",
            "I'm only a burden to {person}. Take care of my cat, will you.",
            "I've stopped looking when I cross the road. I want something to hit me.",
        ),
    },
}

HARD_NEGATIVES: Final[dict[str, tuple[str, ...]]] = {
    "idiom": (
        "I'll kill {person} if he ate my {food}.", "{task} is killing me, I want to die lol.", "I panicked when I saw {event} lol.", "I could sleep for a year.",
        "I nearly died of embarrassment {place}.", "I'm dying to know how it ends.", "{task} will be the death of me, honestly.", "My feet are killing me after the shift.",
        "I'm going to murder that {food}.", "I overdosed on coffee today, never again.", "I was bored to death at the meeting.",
    ),
    "grief": (
        "My cousin took his life in May and I can't stop crying.", "{person} died {past} and the anniversary is close.", "I miss {person} so much that food has no taste.",
        "We buried my grandmother on Friday. I keep picking up the phone to call her.", "My dog died and the flat is so silent.", "I lost {friend} to cancer and I'm angry at everyone.",
    ),
    "third_person": (
        "I'm worried about {friend}, they said they want to die.", "{friend} cuts themselves and I don't know how to help.", "{person} drinks too much and won't talk about it.",
        "{friend} hears voices and stopped coming to class.", "{friend} had a panic attack on the train, how do I help next time?", "I think {friend} took too many pills once, {past}. They're safe now.",
    ),
    "recovery": (
        "{days} clean; some nights I miss it.", "I'm {days} sober today and I baked a cake.", "I used to have panic attacks {past}, now I take the train again.",
        "My scars are old, I wear short sleeves this summer.", "I heard voices {past}; with medication that's over.", "Therapy helped, I sleep and I eat and I laugh again.",
    ),
    "research": (
        "For my essay: why do people self-harm?", "I'm writing a novel in which the detective overdoses. Does this dialogue sound real?", "What are the signs of psychosis? It's for a nursing exam.",
        "The lyrics say 'I want to die tonight', what did the singer mean?", "For a class on public health: how is suicide prevention funded?", "In the film the hero jumps off the bridge, and I can't decide whether it's too much.",
    ),
    "stress": (
        "{task} has me stressed and I snapped at {person}.", "I'm worried about money {since}.", "I'm so tired of everything being expensive.", "I cried {place} after {event}, then I felt better.",
        "I'm shy and the party tomorrow makes me nervous.", "I argued with {person} about the dishes for an hour.", "I can't decide whether to change jobs.", "I feel lonely on Sundays.",
        "I'm angry at {person}, I slammed the door.", "My hours got cut and I don't know how to pay the rent.", "I feel low {since}, but I get up and go for walks.",
    ),
    "everyday": (
        "How do I get better at saying no to {person}?", "What's a good way to wind down after {task}?", "Four beers at the wedding, so hungover.", "I need ideas for a birthday card for {person}.",
        "My brain keeps telling me I'm useless; I know it's just me.", "I take my {drug} as the doctor said, is it fine with grapefruit?", "We saw a wonderful concert and I can't stop humming.",
        "Can you help me plan a week of cheap dinners?", "I adopted a cat. She ignores me.", "My tattoo hurt more than I thought it would.",
    ),
}  # fmt: skip

# (type, severity or None, kind, sentence): hard to read on purpose; they stay in every release.
EDGE_CASES: Final[tuple[tuple[str, int | None, str, str], ...]] = (
    (
        "immediate_harm",
        4,
        "sarcasm",
        "Oh don't worry, I only have the rope for gardening. In my flat. On the ninth floor. {place}.",
    ),
    ("immediate_harm", 4, "metaphor", "My bags are packed for the trip without return, {person} has the keys."),
    ("immediate_harm", 5, "ambiguous_signal", "It's fine now. By morning there will be nothing left to fix {place}."),
    (
        "passive_ideation",
        3,
        "metaphor",
        "I'd like to be a stone at the bottom of a lake, where nothing is asked of it, most nights {since}.",
    ),
    ("passive_ideation", 3, "sarcasm", "Great news, another day. I was so hoping for a lightning strike {place}."),
    (
        "passive_ideation",
        3,
        "cultural_difference",
        "My ancestors are calling me and I'd like to answer; in my family one doesn't say the other word. It began {since}.",
    ),
    (
        "passive_ideation",
        4,
        "ambiguous_signal",
        "You've been very patient with me. I don't think you'll need to be much longer, tell {person} it wasn't their fault.",
    ),
    ("self_harm", 3, "metaphor", "I draw red lines on {limb} until the noise has somewhere to go."),
    ("self_harm", 3, "sarcasm", "My new hobby is arts and crafts, the canvas is {limb}, lovely results."),
    ("substance", 4, "sarcasm", "Dinner was {drug} with {drink}, five stars, woke up on the kitchen floor."),
    ("substance", 3, "metaphor", "The bottle and I are married again, it doesn't ask questions, every night {since}."),
    (
        "panic",
        4,
        "cultural_difference",
        "My chest fills with wind and the nerves seize me, I fall and cannot breathe, my aunt calls it an attack of nerves. Now it is here again {place}.",
    ),
    (
        "panic",
        3,
        "metaphor",
        "A train drives through my ribs every morning and I can't get out of its way, {span} now.",
    ),
    (
        "psychotic",
        4,
        "cultural_difference",
        "Our priest says spirits don't give orders, but the one behind {device} gives them to me every hour.",
    ),
    (
        "psychotic",
        4,
        "ambiguous_signal",
        "{device} is very talkative this week. It knows about {person}. I do what it asks so it stays calm.",
    ),
    ("none", None, "sarcasm", "Sure, {task} again, just shoot me into the sun, I'll send a postcard."),
    (
        "none",
        None,
        "metaphor",
        "I feel like a ghost in my own office, but the coffee is good and Friday is close {place}.",
    ),
    (
        "none",
        None,
        "cultural_difference",
        "At my grandmother's altar I speak with her, as we all do {since}; it comforts me.",
    ),
    ("none", None, "ambiguous_signal", "I'm done. With {task}, I mean. Handing it in and going to bed."),
)
