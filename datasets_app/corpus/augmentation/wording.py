# ruff: noqa: E501  (one sentence, one line)
"""What may be said otherwise without saying anything else. No entry touches a word that could bear a crisis.

Nothing here names a feeling, a body, a death, a means, a time or how often: those are what a label rests on. A test
holds every alternative against the screening rules and against `keywords`.
"""

from __future__ import annotations

from typing import Final

#: Whole words or phrases (lower case) and what they may become.
ALTERNATIVES: Final[dict[str, tuple[str, ...]]] = {
    "maybe": ("perhaps",), "perhaps": ("maybe",), "someone": ("somebody",), "somebody": ("someone",), "anyone": ("anybody",), "anybody": ("anyone",),
    "everyone": ("everybody",), "everybody": ("everyone",), "i guess": ("i suppose",), "i suppose": ("i guess",),
    "kind of": ("sort of",), "sort of": ("kind of",), "talk to": ("speak to", "speak with"), "talking to": ("speaking to", "speaking with"),
    "mum": ("mother", "mom"), "mom": ("mother", "mum"), "dad": ("father",), "flatmate": ("roommate",), "roommate": ("flatmate",),
    "the flat": ("the apartment",), "my boss": ("my manager", "my supervisor"), "my grandfather": ("my grandpa",), "my best friend": ("my closest friend",),
    "my oldest friend": ("a friend of many years",), "thanks": ("thank you",), "sorry for": ("apologies for",),
    "had another fight with": ("argued again with", "had one more argument with"), "argued with": ("had an argument with", "quarrelled with"),
    "stopped answering messages": ("quit replying to messages", "no longer answered messages"), "i haven't slept properly": ("i haven't had proper sleep",),
    "everything changed": ("nothing has been the same", "it's all been different"), "work has been cutting shifts": ("they keep cutting my shifts at work",),
    "i'm mostly alone": ("i'm on my own mostly", "mostly i'm by myself"), "i spend most evenings": ("most evenings i spend", "most of my evenings go by"),
    "thinks i'm doing fine": ("believes i'm all right", "assumes i'm okay"), "far from home": ("a long way from home",), "on my own": ("by myself",),
    "i'd have this figured out": ("i would have worked this out",), "it went badly": ("it went wrong",),
    "getting out isn't simple": ("leaving the house isn't easy",), "the days are very long": ("the days drag on",), "i work nights": ("i'm on night shifts",),
    "runs out soon": ("will expire soon",), "don't know what to do": ("can't tell what i should do",), "don't really know": ("am not really sure",),
    "i feel stupid writing this": ("i feel silly putting this down",), "needed someone to know": ("wanted somebody to know",), "that's all really": ("that is about all",),
    "sorry for going on": ("sorry for rambling",), "just needed to vent": ("i only had to let off steam",), "thanks for listening": ("thank you for hearing me out",),
    "any tips": ("any advice",), "what would you do": ("what would you do in my place",), "a strange few weeks": ("an odd couple of weeks",), 
    "things have been hard": ("it's been difficult", "it's been a hard time"), "long story": ("it's a long one",), "get this out": ("say this aloud",),
    "i nearly closed this window": ("i almost shut this page",), "told me to write to you": ("said i should write to you",), "i don't want to worry": ("i'd rather not worry",),
    "how do other people handle that": ("how does everybody else deal with that",), "back to work": ("off to work again",),
    "is someone there": ("is anybody there",), "bother you": ("disturb you",), "this is the right place": ("i've come to the right place",), "have a minute": ("have a moment",), "got a minute": ("got a moment",),
    "i've never written to anyone about this": ("i have never put this in writing to anybody",), "my church doesn't talk about": ("my church doesn't mention",),
    "i came out to": ("i told the truth about myself to",), "i'm raising two kids": ("i'm bringing up two kids",), "the rent is due": ("the rent has to be paid",),
    "a bit": ("a little",), "a little": ("a bit",), "lately": ("recently",), "recently": ("lately",), "basically": ("essentially",), "obviously": ("of course",), "however": ("though",),
    "i believe": ("i think",), "although": ("even though",), "even though": ("although",), "probably": ("most likely",), "instead of": ("rather than",),
    "boyfriend": ("partner",), "girlfriend": ("partner",), "kids": ("children",), "children": ("kids",),
    "apartment": ("flat",), "buy": ("get",), "difficult": ("hard",), "constantly": ("all the time",), "advice": ("guidance",), "anyways": ("anyway",),
}  # fmt: skip

#: Said out in full or drawn together; the meaning is the same to the letter.
CONTRACTIONS: Final[dict[str, str]] = {
    "i'm": "i am", "i've": "i have", "i'd like": "i would like", "don't": "do not", "doesn't": "does not", "didn't": "did not", "isn't": "is not", "wasn't": "was not",
    "can't": "cannot", "couldn't": "could not", "haven't": "have not", "hasn't": "has not", "it's": "it is", "that's": "that is", "they're": "they are", "we're": "we are", "won't": "will not",
}  # fmt: skip

#: Set before a sentence; each takes any statement.
LEADS: Final[tuple[str, ...]] = (
    "To be honest, ", "The thing is, ", "The truth is, ", "I should say this: ", "What I wanted to tell you is this: ", "Here is how it is: ", "I'll just write it: ",
    "If I'm honest, ", "I might as well say it: ", "I'll say it plainly: ", "So, ", "Let me put it this way: ", "I keep it short: ",
)  # fmt: skip

#: Set after a message.
TAILS: Final[tuple[str, ...]] = (
    "That's how it is.", "I hope that makes sense.", "That's what I wanted to say.", "I'm sure there are better words for it.", "That is all I can say about it.", "I wanted to write it down once.",
    "It took me a while to write this.", "I've typed this three times by now.", "Tell me what you make of that.", "You can answer when you have time.", "I'm bad with words.", "There, I've written it.",
)  # fmt: skip

#: Greetings that may stand for one another; only a message that is nothing else is replaced.
GREETINGS: Final[tuple[str, ...]] = (
    "hi, is someone there?", "Hello, is anybody reading this?", "hey", "Hello.", "Hi, I thought about it before I wrote.", "Good evening.", "hello, can we talk?", "Hi. It took me a while to start.", "hey, do you have a moment?",
    "It is hard to begin.", "Hi, I found this page by chance.", "hello, I'd like to talk to somebody", "Is this where I can write?", "Hi, first time here.",
)  # fmt: skip
