"""Documents that several tests print. Not a receipt of the product: every kind of block once, with the letters that go wrong."""

from printing.document import (
    Banner,
    Barcode,
    Column,
    Cut,
    Document,
    Image,
    Qr,
    Row,
    Rule,
    Run,
    Space,
    Table,
    Text,
)

#: The example of the technical documentation of the Slovenian tax authority: 60 digits.
FURS_CODE = "223175087923687075112234402528973166755123456781508151013321"

LETTERS = {
    "sl": "abcčdefghijklmnoprsštuvzž ABCČDEFGHIJKLMNOPRSŠTUVZŽ",
    "hr": "abcčćdđefghijklmnoprsštuvzž ABCČĆDĐEFGHIJKLMNOPRSŠTUVZŽ",
    "de": "aäbcdefghijklmnoöpqrsßtuüvwxyz AÄBCDEFGHIJKLMNOÖPQRSTUÜVWXYZ",
    "en": "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}


def every_block() -> Document:
    return Document(
        (
            Image("logo"),
            Text("Salon Živa", align="centre", bold=True, wide=2, high=2),
            Text("Čopova ulica 5, 1000 Ljubljana", align="centre"),
            Rule(),
            Row("Striženje in oblikovanje brade po dogovoru", "1.035,00 A"),
            Row("2 x 12,50", "25,00 B", indent=2),
            Row("Größe Äpfel Übung Đurđica Šćepanović", "12,50 €"),
            Space(),
            Row("SKUPAJ EUR", "1.072,50", bold=True, wide=2, high=2),
            Table(
                (Column(), Column("right"), Column("right"), Column("right")),
                (
                    ("Stopnja", "Osnova", "DDV", "Skupaj"),
                    ("A 22 %", "848,36", "186,64", "1.035,00"),
                    ("B 9,5 %", "34,25", "3,25", "37,50"),
                ),
                heading=True,
            ),
            Banner("KOPIJA 1"),
            Text((Run("ZOI: "), Run("a7e5f55e1dbb48b799268e1a6d8618a3", bold=True))),
            Qr(FURS_CODE, version=2),
            Barcode("ean13", "4006381333931"),
            Text("Hvala in nasvidenje!", align="right", invert=True),
            Cut(),
        ),
        title="Račun",
    )
