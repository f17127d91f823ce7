"""The look of a published brief: a newspaper's page, in light, in dark, on a phone and on paper.

Rules: one constant without a variable part, because the page names its hash in its content security policy;
no font, image or address from outside; every text colour meets WCAG 2.2 AA on its background, which the
tests compute from `LIGHT` and `DARK`. It must not know the brief.
"""

from __future__ import annotations

from typing import Final

LIGHT: Final = {
    "paper": "#fbf8f1",
    "raised": "#fffdf8",
    "tint": "#f3ecdd",
    "ink": "#1d1a16",
    "soft": "#5c5347",
    "rule": "#cfc5b2",
    "accent": "#8c1d18",
}
"""Colours by role on a light screen and on paper."""

DARK: Final = {
    "paper": "#161411",
    "raised": "#211e19",
    "tint": "#28231c",
    "ink": "#ece5d8",
    "soft": "#b3a997",
    "rule": "#453e33",
    "accent": "#f2a48c",
}
"""Colours by role where the reader prefers a dark screen."""


def _colours(palette: dict[str, str]) -> str:
    return "".join(f"--{role}:{colour};" for role, colour in palette.items())


_FRAME: Final = """
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font-family:var(--serif);font-size:1.125rem;line-height:1.6;
 font-variant-numeric:oldstyle-nums;-webkit-font-smoothing:antialiased;overflow-wrap:break-word}
:root{--serif:"Iowan Old Style","Palatino Linotype",Palatino,"Book Antiqua",Georgia,"Noto Serif",serif;
 --sans:"Gill Sans","Gill Sans Nova","Avenir Next","Segoe UI","Noto Sans",Helvetica,Arial,sans-serif}
:lang(zh){--serif:"Songti SC","Source Han Serif SC","Noto Serif CJK SC",STSong,SimSun,serif;
 --sans:"PingFang SC","Source Han Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
a{color:inherit;text-decoration-color:var(--accent);text-decoration-thickness:.06em;text-underline-offset:.18em}
a:hover{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:1rem;top:-6rem;z-index:3;padding:.5rem 1rem;background:var(--ink);color:var(--paper)}
.skip:focus{top:1rem}
.sheet{max-width:64rem;margin:0 auto;padding:2.25rem 2rem 4rem}
"""

_MASTHEAD: Final = """
.head{text-align:center}
.kicker{margin:0;font-family:var(--sans);font-size:.8125rem;letter-spacing:.22em;text-transform:uppercase;
 color:var(--accent)}
h1{margin:.5rem auto 1.5rem;max-width:22ch;font-size:clamp(2.1rem,6vw,3.6rem);line-height:1.08;font-weight:700;
 letter-spacing:-.012em;text-wrap:balance;font-variant-numeric:lining-nums}
.made{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 2rem;margin:0;padding:.6rem 0;
 border-top:3px double var(--ink);border-bottom:1px solid var(--ink);font-size:.9375rem;color:var(--soft)}
.made li{list-style:none}
.made .solver{color:var(--ink);font-style:italic}
.contents{margin:0;padding:.7rem 0;border-bottom:1px solid var(--rule);font-size:.9375rem;line-height:1.8}
.contents ol{display:flex;flex-wrap:wrap;justify-content:center;gap:0 1.5rem;margin:0;padding:0;list-style:none}
.contents a{text-decoration:none}
.contents a:hover{text-decoration:underline}
"""

_STORY: Final = """
.part{display:grid;grid-template-columns:12.5rem minmax(0,40rem);column-gap:2.75rem;padding:1.9rem 0 1.3rem;
 border-top:1px solid var(--rule)}
main>.part:first-child{border-top:0}
h2{margin:0 0 .75rem;font-size:1.3rem;line-height:1.25;font-weight:700;text-wrap:balance;
 font-variant-numeric:lining-nums}
.said{position:relative;margin:0 0 .85rem;hanging-punctuation:first;text-wrap:pretty}
.lead{font-size:1.3125rem;line-height:1.5}
.figure{font-variant-numeric:lining-nums;font-weight:600;white-space:nowrap}
.quote .figure{font-weight:inherit}
blockquote{margin:0}
.quote{margin:.3rem 0 1.1rem;padding-left:1.15rem;border-left:3px solid var(--accent);font-style:italic}
.comparison{margin:.4rem 0 1.2rem;padding:.8rem 1.1rem .85rem;background:var(--tint);border-top:2px solid var(--ink)}
.note{font-size:1rem;color:var(--soft)}
.label{display:block;margin-bottom:.15rem;font-family:var(--sans);font-size:.75rem;letter-spacing:.12em;
 text-transform:uppercase;font-style:normal;color:var(--accent)}
.note .label{display:inline;margin-right:.6em}
"""

_CITATION: Final = """
.cite{font-family:var(--sans);font-size:.7rem;font-style:normal;font-weight:400;line-height:0;vertical-align:.5em;
 font-variant-numeric:lining-nums;white-space:nowrap}
.cite a{padding:.35em .2em;color:var(--accent);text-decoration:none}
.cite a:hover,.cite a:focus-visible{text-decoration:underline}
.peek{position:absolute;left:0;right:0;top:100%;z-index:2;display:block;visibility:hidden;opacity:0;
 max-width:34rem;padding:.8rem 1rem;background:var(--raised);color:var(--ink);border:1px solid var(--rule);
 border-left:3px solid var(--accent);box-shadow:0 .5rem 1.5rem #0003;font-family:var(--serif);font-size:.9375rem;
 font-style:normal;line-height:1.5;white-space:normal;text-align:left;transition:opacity .12s}
.peek .from{display:block;margin-bottom:.2rem;font-family:var(--sans);font-size:.78rem;color:var(--soft)}
.cite:hover .peek,.cite:focus-within .peek{visibility:visible;opacity:1}
"""

_SOURCES: Final = """
.sources{margin-top:1.5rem;padding-top:1.6rem;border-top:3px double var(--ink);font-size:.9375rem;line-height:1.5}
.sources h2{margin-bottom:.2rem;text-align:center}
.promise{margin:0 auto 1.6rem;max-width:44rem;text-align:center;font-style:italic;color:var(--soft)}
.sources ol{margin:0;padding:0;list-style:none;columns:2 24rem;column-gap:2.75rem;column-rule:1px solid var(--rule)}
.source{position:relative;margin:0;padding:0 0 1.3rem 2.2rem;break-inside:avoid}
.number{position:absolute;left:0;top:0;min-width:1.5rem;text-align:right;font-family:var(--sans);font-size:.85rem;
 font-variant-numeric:lining-nums;color:var(--accent)}
.title{margin:0;font-weight:700}
.where{margin:.05rem 0 0;color:var(--soft)}
.address{margin:0;font-family:var(--sans);font-size:.78rem;color:var(--soft);overflow-wrap:anywhere}
.passage{margin:.45rem 0 0;padding:.1rem .3rem .1rem .7rem;border-left:2px solid var(--rule)}
.passage p{display:inline;margin:0}
.passage:target,.source:target{background:var(--tint)}
.passage:target{border-left-color:var(--accent)}
.back{font-family:var(--sans);font-size:.78rem;white-space:nowrap}
.back a{padding:.3em .25em;color:var(--accent);text-decoration:none}
.said:target{background:var(--tint);box-shadow:0 0 0 .35rem var(--tint)}
.end{margin:1.6rem 0 0;text-align:center;color:var(--accent)}
"""

_CHINESE: Final = """
body:lang(zh){line-height:1.85;font-variant-numeric:lining-nums}
:lang(zh) .said{text-align:justify;line-break:strict}
:lang(zh) .said.comparison{text-align:start}
:lang(zh) h1{max-width:18em;line-height:1.25;letter-spacing:.02em}
:lang(zh) .kicker{letter-spacing:.6em;margin-right:-.6em}
:lang(zh) .label{letter-spacing:.1em}
:lang(zh) .solver,:lang(zh) .promise,:lang(zh) .quote{font-style:normal}
:lang(zh) .lead{line-height:1.75}
"""

_PLACES: Final = """
@media (max-width:52rem){
 .part{display:block;padding-top:1.4rem}
 .sheet{padding:1.4rem 1.15rem 3rem}
}
@media (max-width:34rem){
 body{font-size:1.0625rem}
 .lead{font-size:1.1875rem}
 .made{display:block;text-align:center;font-size:.875rem}
 h1{margin-bottom:1.1rem}
}
@media print{
 @page{margin:18mm 16mm}
 body{background:#fff;font-size:10.5pt}
 .sheet{max-width:none;padding:0}
 .skip,.contents,.peek,.back{display:none}
 .part{grid-template-columns:38mm minmax(0,1fr)}
 .said,.source,.comparison{break-inside:avoid}
 h2{break-after:avoid}
 .cite a,.number,.kicker,.label{color:#000}
 .comparison{background:none;border:1px solid #999;border-top:2px solid #000}
 .sources ol{columns:2}
}
"""

SHEET: Final = (
    f"\n:root{{color-scheme:light dark;{_colours(LIGHT)}}}"
    f"\n@media screen and (prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}"
    f"{_FRAME}{_MASTHEAD}{_STORY}{_CITATION}{_SOURCES}{_CHINESE}{_PLACES}"
)
"""The whole style sheet, as it stands between the style tags."""
