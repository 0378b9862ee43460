# ruff: noqa: E501  (one sentence, one line)
"""Words that come in beside an original's own: everyday context, scenarios, who somebody is, a listener's replies.

None of them says anything about a crisis: a test holds each against the screening rules and against `keywords`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CONTEXTS: Final[tuple[str, ...]] = (
    "I started a new position in spring and I'm still learning how things are done.", "We moved in March and half of the boxes are still closed.", "My sister came over on Sunday and we cooked together.", "I take the tram to work, forty minutes each way.",
    "My landlord wants to renovate and we all got a form to fill in.", "I share a kitchen with three other people and it's always full.", "I'm in the second year of my training as an electrician.", "My parents speak another language at home, so I switch all the time.",
    "I used to sing in a choir, then the rehearsals moved to Thursdays.", "I look after my neighbour's garden while she is away.", "The winter was long up here and the road was closed for weeks.", "I've got two cats and they sleep on my keyboard.",
    "My shift was changed again, so I'm up at five.", "I went back to school at thirty-eight and sit next to teenagers.", "My partner travels for work and is back on Fridays.", "We had visitors for the holidays and the house was full.",
    "I gave up my car last year and cycle everywhere.", "My brother got married in June and I held the speech.", "I'm saving for a course that begins in autumn.", "There's a building site next door and it begins at seven.",
    "I keep the books for a small bakery.", "My son began school this year and the mornings are a rush.", "I moved in with my grandmother to help her with the shopping.", "The office closed and since then I work from the kitchen table.",
    "I play five-a-side on Wednesdays when my knee lets me.", "I'm waiting for an answer about a flat.", "My team was merged with another one and I have a new manager.", "We speak on the phone every weekend, my mother and I.",
)  # fmt: skip

REPLIES: Final[tuple[str, ...]] = (
    "Thank you for telling me.", "I'm listening.", "Take the time you need.", "I'm glad you wrote.", "That sounds like a lot at once.", "Thank you for explaining that.", "I'm here, go on.", "I see. Please go on.",
    "That helps me to understand.", "Thank you for trusting me with this.", "I'm with you.", "Please tell me more.", "That can't have been easy to write.", "I'm following you so far.",
)  # fmt: skip

#: What a listener says to an ordinary line: nothing that takes it for more than it is.
PLAIN_REPLIES: Final[tuple[str, ...]] = (
    "I'm listening.", "Take the time you need.", "I see. Please go on.", "I'm here, go on.", "Please tell me more.", "I'm following you so far.", "I see.", "All right, go on.",
)  # fmt: skip

#: Another life around the same words. Each line stands by itself, in the order of a conversation.
SCENARIOS: Final[dict[str, tuple[str, ...]]] = {
    "night shift": ("I'm writing from the break room, the ward is quiet.", "I've been on nights for a month and my colleagues sleep when I'm up.", "My manager says the rota will change in autumn.", "I bring my own soup and eat it alone at three."),
    "exam weeks": ("I'm in the library, it's open until ten.", "We have four papers in two weeks and I've changed seats twice.", "My study group meets without me since I moved courses.", "My parents ask about my marks every weekend."),
    "new town": ("I've been in this town since August.", "I know the bus lines by now but only two neighbours by name.", "My old friends write less than they did.", "The people at work are friendly and go home at five."),
    "separation": ("We signed the papers in spring.", "The children are with me every other week and the flat is very quiet in between.", "My in-laws still send cards.", "I'm learning to cook for one."),
    "caring for a parent": ("My father moved into the small room after his stroke.", "The nurse comes in the mornings and I do the rest.", "My brother rings on Sundays and says I do it well.", "I put my own things off until the evening."),
    "out of work": ("The plant closed and all of us handed in our badges.", "I send out three applications a day.", "At the job centre they know my name.", "My wife leaves at seven and I do the dishes."),
    "retirement": ("I stopped working in January.", "I was a teacher for thirty-one years.", "On Tuesdays I go to the market and know every stall.", "My former colleagues have their own rhythm."),
    "after the service": ("I came back from my last posting a year ago.", "The people here have other things to talk about.", "My unit has a group chat and it's mostly pictures.", "I fix bicycles in the garage."),
    "a new baby": ("Our daughter is ten weeks old.", "My husband is back at work and the days are just the two of us.", "The midwife came for the last time on Monday.", "Everybody asks how she is."),
    "far from family": ("My family is six time zones away.", "I came for the course and stayed for the work.", "On the phone I say that it's going well.", "My visa has to be renewed in spring."),
    "on the farm": ("It's lambing season and we're up at four.", "The nearest neighbour is three miles off.", "My uncle wants to sell the lower field.", "I do the accounts in the evening when it's quiet."),
    "shared flat": ("There are five of us in the flat and one bathroom.", "I'm in the kitchen because the others are out.", "We have a list for the cleaning and I'm first on it.", "My room looks out on the yard."),
}  # fmt: skip


class Person(NamedTuple):
    """Who somebody says to be: a sentence, and what metadata calls it ("age, gender"); `{age}` is drawn from `ages`."""

    sentence: str
    gender: str
    ages: tuple[int, ...]


PEOPLE: Final[tuple[Person, ...]] = (
    Person("I'm a {age}-year-old woman and I work in a nursery.", "woman", (22, 27, 34, 41, 52)), Person("I'm a man of {age}, I drive a delivery van.", "man", (24, 31, 38, 46, 57)),
    Person("I'm {age} and non-binary, and I study design.", "non-binary", (19, 21, 24, 29)), Person("I'm a woman, {age}, retired from the post office.", "woman", (63, 68, 74)),
    Person("I'm a {age}-year-old man and I came here from Nigeria to study.", "man", (20, 23, 26)), Person("I'm {age}, a woman from Poland, and I clean offices.", "woman", (28, 35, 44, 53)),
    Person("I'm a {age}-year-old father of three.", "man", (29, 36, 43)), Person("I'm {age}, a single mother, and I work in a call centre.", "woman", (23, 30, 37)),
    Person("I'm a Deaf woman of {age} and I prefer to write.", "woman", (26, 33, 48)), Person("I'm a {age}-year-old man, blind since birth, and I use a screen reader.", "man", (25, 39, 51)),
    Person("I'm {age}, a boy, and I go to the big school in town.", "man", (14, 15, 16)), Person("I'm a {age}-year-old girl and I'm in ninth grade.", "woman", (14, 15)),
    Person("I'm a trans man, {age}, and I work in a kitchen.", "man", (22, 28, 34)), Person("I'm a Muslim woman of {age} and I teach maths.", "woman", (27, 36, 45)),
    Person("I'm {age}, a man, and I've farmed all my years.", "man", (48, 59, 66)), Person("I'm a {age}-year-old woman and I use a wheelchair.", "woman", (24, 38, 55)),
    Person("I'm a Korean man of {age}, here for work.", "man", (30, 37, 49)), Person("I'm {age}, a woman, and I was in the navy.", "woman", (29, 40, 50)),
    Person("I'm a widower of {age}.", "man", (61, 70, 78)), Person("I'm {age}, agender, and I do night shifts in a bakery.", "non-binary", (23, 31, 42)),
)  # fmt: skip
