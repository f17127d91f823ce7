"""Which language a text is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.system1.language import detect


@pytest.mark.parametrize(
    "text",
    [
        "OpenAI releases GPT-5",
        "Hello world",
        "Nvidia shares jump on record earnings",
        "The plan is 380 billion yuan over three years.",
        "Eddie Wu (吴泳铭) said that the model is the next operating system.",
        "Microsoft warns of a new attack in Berlin",
        "A café in Zürich serves the résumé of a naïve cliché, and it is not expensive.",
    ],
)
def test_english_is_english(text: str) -> None:
    assert detect(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "阿里云发布新模型。",
        "人工智能",
        "Qwen3-Max 发布",
        "阿里云CEO吴泳铭在2025云栖大会上表示，AGI是确定性事件，ASI才是终极目标。",
        "臺灣積體電路製造公司宣佈新廠",
    ],
)
def test_simplified_and_traditional_chinese_is_chinese(text: str) -> None:
    assert detect(text) == "zh"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345 %",
        "Der Konzern hat in diesem Jahr mehr Umsatz gemacht als je zuvor.",
        "Das Computer in the Cloud Geschäft wird von Amazon und Google mit dem Markt geteilt.",
        "Le président a annoncé une nouvelle loi sur les données.",
        "La empresa anunció ayer que invertirá más en la región.",
        "Il governo ha approvato la legge che riguarda le imprese.",
        "O governo anunciou que a empresa não vai mais investir no país.",
        "De nieuwe wet is van kracht en het bedrijf is niet blij.",
        "Regeringen har sagt att det är en ny lag för företag.",
        "Rząd ogłosił, że nie jest to nowa ustawa i że firma się na to zgodzi.",
        "Привет, мир: это новая модель.",
        "هذا نموذج جديد",
        "東京は日本の首都です。",
        "日本銀行総裁会見",
        "서울은 한국의 수도이다.",
    ],
)
def test_a_language_system_1_cannot_write_is_undetermined(text: str) -> None:
    assert detect(text) == "und"


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert detect(text) in {"en", "zh", "und"}
