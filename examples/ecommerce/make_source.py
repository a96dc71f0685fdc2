"""Serve the source of the e-commerce example: two shops with APIs that answer in JSON.

Everyone and everything is invented. The shapes are those of two public test APIs: a boutique whose products are a bare
list, and a shop whose products, carts and users come in pages (`skip`, `limit`, the records below the resource's name).
So are the defects: names end in blanks, half of the products have no brand, sums carry what binary numbers make of them
(99.94999999999999), a cart names a product twice, days of birth are not padded, and a user comes with a password and a
bank card.

Two days: on the second one there are new users, carts and a product, one cart has another line, some prices are others,
and the boutique has taken a product away.

    python make_source.py 1      serve the first day on http://127.0.0.1:8022 until Ctrl-C
    python make_source.py 2      serve the second one
"""

from __future__ import annotations

import argparse
import http.server
import json
import random
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

PORT = 8022
CARTS = 160

MATERIALS = "Ash Brass Canvas Ceramic Cork Felt Glass Linen Oak Slate Steel Walnut Wool"
CATALOGUE = {
    "audio": "Headphones Loudspeaker Record-Player Microphone",
    "bags": "Backpack Satchel Tote Wallet",
    "books": "Atlas Cookbook Novel Dictionary",
    "furniture": "Bench Chair Shelf Table",
    "garden": "Rake Watering-Can Trowel Planter",
    "kitchen": "Bowl Kettle Knife Pan Whisk Grater",
    "lighting": "Candle Lamp Lantern",
    "shoes": "Boots Sandals Slippers",
    "sports": "Racket Rope Skateboard Dumbbell",
    "toys": "Kite Puzzle Rocking-Horse Yo-Yo",
}
BOUTIQUE = {"clocks": 6, "jewellery": 4, "scarves": 4, "umbrellas": 6}
BRANDS = ("Fernweh", "Halden & Co", "Nordlys", "Oriole", "Tamarind")
CITIES = (
    ("Portland", "Oregon", "OR", "United States"),
    ("Austin", "Texas", "TX", "United States"),
    ("Boston", "Massachusetts", "MA", "United States"),
    ("Denver", "Colorado", "CO", "United States"),
    ("Montreal", "Quebec", "QC", "Canada"),
    ("Halifax", "Nova Scotia", "NS", "Canada"),
    ("Puebla", "Puebla", "PUE", "Mexico"),
)
DEPARTMENTS = ("Engineering", "Marketing", "Legal", "Support", "Sales", "Accounting", "Training")
SYLLABLES = "ba bel cor da den dor el fa gar hal ima jor ka kel lan lor ma mir na nor o pel qui ra ren sa sol ta"
REMARKS = {1: "Fell apart.", 2: "Not what I hoped for.", 3: "It does.", 4: "Good value!", 5: "Could not be better."}

UPDATED, UPDATED_AGAIN = "2026-02-01T09:41:02.053Z", "2026-03-02T06:00:00.000Z"

Item = TypeVar("Item")
Record = dict[str, Any]
Data = dict[str, list[Record]]


class Dice:
    """Chance that falls the same way everywhere: of `random`, only `random()` is promised never to change."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        return int(self._random.random() * bound)

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def favour(self, items: Sequence[Item]) -> Item:
        """One of the items, those in front more often."""
        chance = self._random.random()
        return items[int(chance * chance * len(items))]

    def cents(self, least: int, most: int) -> float:
        """An amount with two decimals."""
        return (100 * least + self.below(100 * (most - least))) / 100

    def digits(self, count: int) -> str:
        return "".join(str(self.below(10)) for _ in range(count))


def days(carts: int = CARTS) -> list[Data]:
    """What the APIs hold on each of the two days: records by path."""
    dice = Dice(1994)
    products = [product(dice, number, category) for number, category in enumerate(_categories(), 1)]
    users = [user(dice, number) for number in range(1, carts // 2 + 1)]
    first = {
        "boutique/products": boutique(dice),
        "shop/products": products,
        "shop/users": users,
        "shop/carts": [cart(dice, number, products, len(users)) for number in range(1, carts + 1)],
    }
    first["shop/carts"][3]["products"].append(first["shop/carts"][3]["products"][0])
    _add_up(first["shop/carts"][3])
    return [first, _next_day(dice, first)]


def _next_day(dice: Dice, before: Data) -> Data:
    data = deepcopy(before)
    del data["boutique/products"][4]
    for record in data["shop/products"][:40:8]:
        record["price"] = round(record["price"] * 1.1, 2)
        record["meta"]["updatedAt"] = UPDATED_AGAIN
    products, users, carts = data["shop/products"], data["shop/users"], data["shop/carts"]
    carts[0]["products"].append(line(dice, products[-1]))
    _add_up(carts[0])
    products.append(product(dice, len(products) + 1, "garden"))
    users += [user(dice, number) for number in range(len(users) + 1, len(users) + 6)]
    carts += [cart(dice, number, products, len(users)) for number in range(len(carts) + 1, len(carts) + 21)]
    return data


def _categories() -> list[str]:
    """The category of each product: several of each noun."""
    return [category for category, nouns in CATALOGUE.items() for _ in range(3 * len(nouns.split(" ")))]


def boutique(dice: Dice) -> list[Record]:
    """The bare list: product, category, price and a nested rating. Some titles end in a blank."""
    categories = [category for category, count in BOUTIQUE.items() for _ in range(count)]
    return [
        {
            "id": number,
            "title": f"{dice.pick(MATERIALS.split(' '))} {category.title()} No. {number}"
            + (" " if number % 4 == 0 else ""),
            "price": dice.cents(7, 300),
            "description": f"One of our {category}.",
            "category": category,
            "image": f"https://boutique.example/{number}.jpg",
            "rating": {"rate": (20 + dice.below(31)) / 10, "count": 20 + dice.below(400)},
        }
        for number, category in enumerate(categories, 1)
    ]


def product(dice: Dice, number: int, category: str) -> Record:
    noun = dice.pick(CATALOGUE[category].split(" ")).replace("-", " ")
    material = dice.pick(MATERIALS.split(" "))
    stock = dice.below(90)
    record = {
        "id": number,
        "title": f"{material} {noun}",
        "description": f"A {noun.lower()} made with {material.lower()}.",
        "category": category,
        "price": dice.cents(4, 220),
        "discountPercentage": dice.below(2000) / 100,
        "rating": (200 + dice.below(301)) / 100,
        "stock": stock,
        "tags": [category, *([noun.lower()] if dice.below(4) else [])],
        "brand": dice.pick(BRANDS),
        "sku": f"{category[:3]}-{noun[:3]}-{number:03}".upper(),
        "weight": 1 + dice.below(10),
        "dimensions": {side: dice.cents(5, 30) for side in ("width", "height", "depth")},
        "availabilityStatus": "In Stock" if stock > 9 else "Low Stock" if stock else "Out of Stock",
        "reviews": [review(dice) for _ in range(dice.below(4))],
        "meta": {"createdAt": "2026-01-05T09:41:02.053Z", "updatedAt": UPDATED, "barcode": dice.digits(13)},
        "images": [f"https://shop.example/{number}/1.webp"],
        "thumbnail": f"https://shop.example/{number}/thumbnail.webp",
    }
    if dice.below(2):
        del record["brand"]
    return record


def review(dice: Dice) -> Record:
    name, rating = person(dice), 1 + dice.below(5)
    return {
        "rating": rating,
        "comment": REMARKS[rating],
        "date": f"2026-02-{1 + dice.below(28):02}T{dice.below(24):02}:41:02.053Z",
        "reviewerName": name,
        "reviewerEmail": f"{name.lower().replace(' ', '.')}@mail.example",
    }


def cart(dice: Dice, number: int, products: Sequence[Record], users: int) -> Record:
    """Up to five lines; the sums are those of binary numbers. The first products are bought most often."""
    chosen = {record["id"]: record for record in (dice.favour(products) for _ in range(2 + dice.below(4)))}
    record = {"id": number, "products": [line(dice, one) for one in chosen.values()], "userId": 1 + dice.below(users)}
    _add_up(record)
    return record


def line(dice: Dice, product: Record) -> Record:
    quantity = 1 + dice.below(5)
    total = product["price"] * quantity
    return {
        "id": product["id"],
        "title": product["title"],
        "price": product["price"],
        "quantity": quantity,
        "total": total,
        "discountPercentage": product["discountPercentage"],
        "discountedTotal": round(total * (1 - product["discountPercentage"] / 100), 2),
        "thumbnail": product["thumbnail"],
    }


def _add_up(cart: Record) -> None:
    lines = cart["products"]
    cart["total"] = sum(line["total"] for line in lines)
    cart["discountedTotal"] = sum(line["discountedTotal"] for line in lines)
    cart["totalProducts"], cart["totalQuantity"] = len(lines), sum(line["quantity"] for line in lines)


def user(dice: Dice, number: int) -> Record:
    """A user with all that an API should not give away."""
    name = person(dice)
    given, family = name.split(" ")
    city, state, state_code, country = dice.favour(CITIES)
    year = 1955 + dice.below(50)
    street = f"{1 + dice.below(900)} {word(dice, 2)} Street"
    return {
        "id": number,
        "firstName": given,
        "lastName": family,
        "age": 2026 - year,
        "gender": dice.pick(("female", "male")),
        "email": f"{given}.{family}@Mail.example".lower() if number % 3 else f"{given}.{family}@Mail.example",
        "phone": f"+1 555-{dice.digits(3)}-{dice.digits(4)}",
        "username": f"{given}{number}".lower(),
        "password": f"{given}pass{dice.digits(4)}",
        "birthDate": f"{year}-{1 + dice.below(12)}-{1 + dice.below(28)}",
        "image": f"https://shop.example/users/{number}",
        "ip": ".".join(str(dice.below(256)) for _ in range(4)),
        "address": {
            "address": street,
            "city": city,
            "state": state,
            "stateCode": state_code,
            "postalCode": dice.digits(5),
            "country": country,
        },
        "bank": {"cardNumber": dice.digits(16), "cardType": "Maestro", "iban": f"XX{dice.digits(20)}"},
        "company": {"department": dice.favour(DEPARTMENTS), "name": f"{family} & Co", "title": "Manager"},
        "ssn": f"{dice.digits(3)}-{dice.digits(3)}-{dice.digits(3)}",
        "role": "admin" if number == 1 else "user",
    }


def person(dice: Dice) -> str:
    """An invented name."""
    return f"{word(dice, 2)} {word(dice, 3)}"


def word(dice: Dice, syllables: int) -> str:
    return "".join(dice.pick(SYLLABLES.split(" ")) for _ in range(syllables)).capitalize()


class ApiServer(http.server.ThreadingHTTPServer):
    """Answers with the records of `data`, which may be replaced while it serves."""

    def __init__(self, data: Mapping[str, Sequence[Any]], port: int):
        self.data = data
        super().__init__(("127.0.0.1", port), ApiHandler)


class ApiHandler(http.server.BaseHTTPRequestHandler):
    """A bare list of all products of the boutique; everything else page by page, below its name."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, ApiServer)
        url = urlsplit(self.path)
        name, query = url.path.strip("/"), parse_qs(url.query)
        if name not in self.server.data:
            self._answer(404, {"message": f"there is no {name}"})
            return
        records = self.server.data[name]
        if name.startswith("boutique/"):
            self._answer(200, records)
            return
        skip, limit = int(query.get("skip", ["0"])[0]), int(query.get("limit", ["30"])[0])
        page = records[skip : skip + limit]
        self._answer(200, {name.split("/")[1]: page, "total": len(records), "skip": skip, "limit": len(page)})

    def _answer(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def server(data: Mapping[str, Sequence[Any]], port: int = 0) -> ApiServer:
    """A server of these records on this machine alone; port 0 takes a free one. Call `serve_forever` on it."""
    return ApiServer(data, port)


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the source of the e-commerce example.")
    parser.add_argument("day", type=int, choices=(1, 2))
    arguments = parser.parse_args()
    print(f"serving day {arguments.day} on http://127.0.0.1:{PORT}, stop with Ctrl-C")
    try:
        server(days()[arguments.day - 1], PORT).serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
