"""The texts of synthetic posts, in several scripts, with words that are frequent, rare, old, or missing."""

from __future__ import annotations

from random import Random

# In twelve posts, however many there are.
RARE = "zephyrine"
RARE_SCRIPTS = ("इन्द्रधनुष", "كهرمانة", "翡翠蘭", "🦚")
# In every fifth post.
FREQUENT = "offer"
# In one of a hundred posts, all of them in the oldest tenth.
CAMPAIGN = "दीपावली"
ABSENT = "quixotry"

_WORDS = {
    "latin": "new season coffee friends weekend recipe kitchen garden morning river market paper studio light",
    "devanagari": "नया मौसम दोस्त रसोई बगीचा सुबह नदी बाजार कागज रोशनी त्योहार मिठाई यात्रा",
    "arabic": "موسم جديد قهوة أصدقاء مطبخ حديقة صباح نهر سوق ورق ضوء",
    "japanese": "季節 新しい 珈琲 友達 週末 台所 庭園 朝市 紙 光",
    "emoji": "☕ 🎉 🌿 🌞 📸 🧵 ✨ 🚲",
}
_SCRIPTS = {script: tuple(words.split()) for script, words in _WORDS.items()}
_USUAL = tuple(_SCRIPTS)
_WEIGHTS = (70, 10, 8, 6, 6)


def text_of(number: int, total: int, random: Random) -> str:
    """The text of post `number` of `total`."""
    words = random.choices(_SCRIPTS[random.choices(_USUAL, _WEIGHTS)[0]], k=random.randint(4, 14))
    words.append(f"{number:x}")
    if random.random() < 0.2:
        words.append(FREQUENT)
    if number % 10 == 7 and number < total / 10:
        words.append(CAMPAIGN)
    if (twelfth := total // 12) and number % twelfth == twelfth // 2:
        words += [RARE, RARE_SCRIPTS[number // twelfth % len(RARE_SCRIPTS)]]
    return " ".join(words)
