"""What a configuration may say, and how it is told what is wrong in it."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.config import ConfigInvalid, ConfigMissing, ConfigProblem, load
from agent.tax import tax_rates
from drivers.printer.codepage_tables import CodePageTable
from drivers.printer.escpos import CutKind, FenceKind, Font
from drivers.printer.settings import DialectName, MissingCharacters
from drivers.scanner.framing import Suffix

STORE = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
"""
TILL = """
[[till]]
id = "till-1"
"""
SAMPLE = """
[store]
id = "store-1"
name = "Corner Shop"
currency = "EUR"
timezone = "Europe/Berlin"
locale = "de_DE"
prices_include_tax = true
receipt_header = ["Corner Shop", "Main Street 1"]
receipt_footer = ["Thank you"]

[api]
host = "127.0.0.1"
port = 8750
origins = ["https://pos.example.com"]     # other front ends that may call

[[till]]
id = "till-1"
scanner = "counter"
printer = "receipt"
drawer = "drawer"

[[scanner]]
name = "counter"
port = "serial:///dev/ttyACM0?baud=9600"

[[printer]]
name = "receipt"
port = "tcp://192.168.1.50:9100"
profile = "TM-T20II"
columns = 48

[[drawer]]
name = "drawer"
printer = "receipt"
pin = 2

[[tax]]
code = "standard"
rate = "19"
name = "VAT 19%"

[[cloud]]
name = "square"
kind = "square"
base_url = "https://connect.squareup.com"
location_id = "L1"
token = { env = "SQUARE_TOKEN" }
"""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WEBHOOK = """
[[cloud]]
name = "records"
kind = "webhook"
url = "https://example.com/records"
"""
SECRET = "whsec_" + "A" * 40


Write = Callable[[str | bytes], Path]
Problems = Callable[..., tuple[ConfigProblem, ...]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str | bytes) -> Path:
        path = tmp_path / "stillopen.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def problems(write: Write) -> Problems:
    def problems(text: str | bytes, **options: Any) -> tuple[ConfigProblem, ...]:
        with pytest.raises(ConfigInvalid) as caught:
            load(write(text), **{"environ": {}, **options})
        return caught.value.problems

    return problems


def test_the_sample_of_the_design(write: Write) -> None:
    config = load(write(SAMPLE), environ={"SQUARE_TOKEN": "sq-very-secret"})
    assert config.store.receipt_header == ("Corner Shop", "Main Street 1")
    assert config.api.origins == ("https://pos.example.com",)
    assert [till.scanner for till in config.tills] == ["counter"]
    assert config.scanners[0].suffix is Suffix.CR
    assert config.printers[0].columns == 48
    assert config.printers[0].settings.dialect().columns == 48
    assert config.drawers[0].pin == 2
    assert config.taxes[0].rate == Decimal(19)
    assert config.clouds[0].kind == "square"


def test_the_least_that_works_has_every_default(write: Write) -> None:
    config = load(write(STORE + TILL), environ={})
    assert config.api.port == 8750
    assert config.api.host == "127.0.0.1"
    assert config.store.prices_include_tax is True
    assert config.store.cash_rounding_minor == 1
    assert (config.scanners, config.printers, config.drawers, config.taxes, config.clouds) == ((), (), (), (), ())


def test_devices_take_all_their_settings(write: Write, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "shop.ttf").write_bytes(b"\0\1\0\0")
    config = load(
        write(
            STORE
            + TILL
            + """
[[scanner]]
name = "s"
port = "sim://s"
suffix = "crlf"
duplicate_window_ms = 0
templates = ["20IIIIIWWWWWC"]
[[printer]]
name = "p"
port = "sim://p"
fence = "none"
cut = "full"
kanji_off = true
dialect = "escpos"
dots = 384
columns = 32
code_page_number = 19
code_page_table = "xprinter"
missing_characters = "substitute"
font = "b"
font_file = "shop.ttf"
logo = "logo.png"
wait_s = 0
"""
        ),
        environ={},
    )
    assert config.scanners[0].suffix is Suffix.CRLF
    assert config.printers[0].settings.fence is FenceKind.NONE
    assert config.printers[0].settings.cut is CutKind.FULL
    assert config.printers[0].settings.speaks is DialectName.ESCPOS
    assert config.printers[0].logo == tmp_path / "logo.png"
    assert config.printers[0].settings.code_page_table is CodePageTable.XPRINTER
    assert config.printers[0].settings.missing_characters is MissingCharacters.SUBSTITUTE
    assert config.printers[0].settings.font is Font.B
    assert config.printers[0].settings.font_file == tmp_path / "shop.ttf"


def test_a_star_is_asked_by_its_own_counter(write: Write) -> None:
    path = write(STORE + TILL + '[[printer]]\nname = "p"\nport = "sim://p"\ndialect = "star_line"\n')
    settings = load(path, environ={}).printers[0].settings
    assert settings.speaks is DialectName.STAR_LINE
    assert settings.fence_kind is FenceKind.ETB


def test_cash_rounding_is_minor_units_of_the_currency(write: Write) -> None:
    text = STORE.replace("EUR", "JPY") + 'cash_rounding = "10"' + TILL
    assert load(write(text), environ={}).store.cash_rounding_minor == 10
    assert load(write(STORE + 'cash_rounding = "0.05"' + TILL), environ={}).store.cash_rounding_minor == 5


def test_a_tax_without_a_name_is_named_by_its_rate(write: Write) -> None:
    config = load(write(STORE + TILL + '[[tax]]\ncode = "low"\nrate = "5.5"\n'), environ={})
    assert config.taxes[0].name == "Tax 5.5%"


def test_a_tax_of_several_is_worked_out_in_their_order(write: Write) -> None:
    taxes = """
[[tax]]
code = "both"
parts = ["gst", "qst"]

[[tax]]
code = "gst"
rate = "5"
included = false

[[tax]]
code = "qst"
rate = "9.5"
included = false
compound = true
"""
    config = load(write(STORE + 'tax_rounding = "line"\ntax_fraction = "half_even"\n' + TILL + taxes), environ={})
    assert (config.store.tax_rounding, config.store.tax_fraction) == ("line", "half_even")
    rates = tax_rates(config.taxes)
    assert rates["both"].parts == (rates["gst"], rates["qst"])
    assert rates["both"].rate == Decimal("14.975")  # 5 + 9.5 x 1.05
    assert (rates["both"].name, rates["gst"].included, rates["qst"].compound) == ("both", False, True)


def test_everything_wrong_is_said_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    found = problems(
        """
[store]
id = "store 1"
name = "Corner Shop"
currency = "EURO"
timezone = "Europe/Berln"
cash_roundin = "0.05"

[[till]]
id = "till-1"
scanner = "counte"

[[till]]
id = "TILL-1"
printer = "receipt"

[[scanner]]
name = "counter"
port = "serail:///dev/ttyACM0"

[[tax]]
code = "standard"
rate = 19.5
"""
    )
    assert [(one.line, one.key) for one in found] == [
        (3, "[store] → id"),
        (5, "[store] → currency"),
        (6, "[store] → timezone"),
        (7, "[store] → cash_roundin"),
        (11, '[[till]] 1 "till-1" → scanner'),
        (14, '[[till]] 2 "TILL-1" → id'),
        (15, '[[till]] 2 "TILL-1" → printer'),
        (19, '[[scanner]] 1 "counter" → port'),
        (23, '[[tax]] 1 "standard" → rate'),
    ]
    assert [one.found for one in found][:2] == ['"store 1"', '"EURO"']
    fixes = [one.fix for one in found]
    assert "letters" in fixes[0]
    assert 'did you mean "EUR"?' in fixes[1]
    assert 'did you mean "Europe/Berlin"?' in fixes[2]
    assert 'did you mean "cash_rounding"?' in fixes[3]
    assert 'did you mean "counter"?' in fixes[4]
    assert "unique" in fixes[5]
    assert "there is none yet" in fixes[6]
    assert '"19.5"' in fixes[8]


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        ('[api]\nport = "8750"', "[api] → port", "port = 8750"),
        ("[api]\nport = 65536", "[api] → port", "65535"),
        ("[api]\nport = true", "[api] → port", "65535"),
        ('[api]\nhost = "two words"', "[api] → host", "127.0.0.1"),
        ('[api]\norigins = "https://a.example"', "[api] → origins", "list"),
        ('[api]\norigins = ["https://a.example/"]', "[api] → origins → 1", "write only https://a.example"),
        ('[api]\norigins = ["https://A.example"]', "[api] → origins → 1", "write https://a.example"),
        ('[api]\norigins = ["*"]', "[api] → origins → 1", "every page"),
        ('[api]\norigins = ["null"]', "[api] → origins → 1", "scheme://"),
        ('[api]\norigins = ["https://a.example:port"]', "[api] → origins → 1", "scheme://"),
        ('[api]\norigins = ["https://a b"]', "[api] → origins → 1", "scheme://"),
        ("[aip]\nport = 1", "aip", 'did you mean "api"?'),
        ("api = 3", "[api]", "[api] section"),
        ('[[tax]]\ncode = "a"\nrate = "101"', '[[tax]] 1 "a" → rate', '"100"'),
        ('[[tax]]\ncode = "a"\nrate = "1.00001"', '[[tax]] 1 "a" → rate', "4 decimals"),
        ('[[tax]]\ncode = "a"\nrate = "19,5"', '[[tax]] 1 "a" → rate', '"19.5"'),
        ('[[tax]]\ncode = "a"\nrate = "19%"', '[[tax]] 1 "a" → rate', "plain decimal"),
        ('[[tax]]\ncode = "a"\nrate = true', '[[tax]] 1 "a" → rate', "plain decimal"),
        ('[[tax]]\ncode = "a"\nrate = 19', '[[tax]] 1 "a" → rate', 'quotes, so that no digit is lost: "19"'),
        ('[[tax]]\ncode = "a"', '[[tax]] 1 "a" → rate', 'rate = "19"'),
        ('[tax]\ncode = "a"\nrate = "1"', "[[tax]]", "double brackets"),
        ('[[tax]]\ncode = "a"\nparts = ["b"]', '[[tax]] 1 "a" → parts', "codes of [[tax]] sections"),
        ('[[tax]]\ncode = "a"\nparts = []', '[[tax]] 1 "a" → parts', "a list of 1 to 8 codes"),
        (
            '[[tax]]\ncode = "a"\nrate = "1"\nparts = ["b"]\n[[tax]]\ncode = "b"\nrate = "2"',
            '[[tax]] 1 "a" → rate',
            "leave it out",
        ),
        ('[[tax]]\ncode = "a"\nparts = ["b", "b"]\n[[tax]]\ncode = "b"\nrate = "2"', '[[tax]] 1 "a" → parts', "once"),
        (
            '[[tax]]\ncode = "a"\ncompound = true\nparts = ["b"]\n[[tax]]\ncode = "b"\nrate = "2"',
            '[[tax]] 1 "a" → compound',
            "each part has its own",
        ),
        ('[[tax]]\ncode = "a"\nrate = "1"\n[[tax]]\ncode = "A"\nrate = "2"', '[[tax]] 2 "A" → code', "unique"),
        ('[[scanner]]\nname = "x"\nport = "sim://x"\nsuffix = "crr"', '[[scanner]] 1 "x" → suffix', '"crlf"'),
        ('[[scanner]]\nname = "x"\nport = "usb://1:2"', '[[scanner]] 1 "x" → port', "usb://04b8:0e15"),
        ('[[scanner]]\nname = "x"', '[[scanner]] 1 "x" → port', "serial:///dev/ttyACM0"),
        (
            '[[scanner]]\nname = "x"\nport = "sim://x"\ntemplates = ["20II"]',
            '[[scanner]] 1 "x" → templates → 1',
            "20IIIIIWWWWWC",
        ),
        ('[[printer]]\nname = "p"\nport = "sim://p"\nprofile = "Nope"', '[[printer]] 1 "p" → profile', "TM-T20II"),
        ('[[printer]]\nname = "p"\nport = "sim://p"\ncode_page = "x"', '[[printer]] 1 "p" → code_page', "cp858"),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\nprofile = "TSP600"\nkanji_off = true\ncode_page = "cp437"',
            '[[printer]] 1 "p" → kanji_off',
            "drawer",
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\ndialect = "star"',
            '[[printer]] 1 "p" → dialect',
            '"star_line"',
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\ndialect = "starprnt"\nfence = "gs_r"',
            '[[printer]] 1 "p" → fence',
            '"etb", "none"',
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\ndialect = "starprnt"\nprofile = "TM-T20II"',
            '[[printer]] 1 "p" → profile',
            "no Star printer",
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\ncode_page_table = "rongta2"',
            '[[printer]] 1 "p" → code_page_table',
            '"rongta"',
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\ncode_page_table = "star"',
            '[[printer]] 1 "p" → code_page_table',
            '"epson", or its maker\'s',
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\ndialect = "starprnt"\ncode_page_table = "epson"',
            '[[printer]] 1 "p" → code_page_table',
            '"star"',
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\ncode_page_table = "xprinter"\ncode_page = "cp1250"',
            '[[printer]] 1 "p" → code_page',
            "cp1251",
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\nmissing_characters = "picture"',
            '[[printer]] 1 "p" → missing_characters',
            '"image"',
        ),
        ('[[printer]]\nname = "p"\nport = "sim://p"\nfont = "c"', '[[printer]] 1 "p" → font', '"b"'),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\nfont_file = "no.ttf"',
            '[[printer]] 1 "p" → font_file',
            "OpenType",
        ),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\nfont_file = "stillopen.toml"',
            '[[printer]] 1 "p" → font_file',
            ".ttf",
        ),
        ('[[printer]]\nname = "p"\nport = "sim://p"\nlogo = "no.png"', '[[printer]] 1 "p" → logo', "PNG"),
        ('[[printer]]\nname = "p"\nport = "sim://p"\nlogo = ""', '[[printer]] 1 "p" → logo', "path"),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\nlogo = "stillopen.toml"',
            '[[printer]] 1 "p" → logo',
            "save the logo as PNG",
        ),
        ('[[printer]]\nname = "p"\nport = "sim://p"\nwait_s = 1.5', '[[printer]] 1 "p" → wait_s', "whole seconds"),
        (
            '[[printer]]\nname = "x"\nport = "sim://p"\n[[scanner]]\nname = "X"\nport = "sim://s"',
            '[[printer]] 1 "x" → name',
            "unique",
        ),
        ('[[drawer]]\nname = "d"\nprinter = "p"', '[[drawer]] 1 "d" → printer', "[[printer]]"),
        (
            '[[printer]]\nname = "p"\nport = "sim://p"\n[[drawer]]\nname = "d"\nprinter = "p"\npin = 3',
            '[[drawer]] 1 "d" → pin',
            "2 or 5",
        ),
        ('[[cloud]]\nname = "c"\nkind = "sqare"', '[[cloud]] 1 "c" → kind', 'did you mean "square"?'),
        ('[[cloud]]\nname = "c"', '[[cloud]] 1 "c" → kind', "kind"),
        ('[cloud]\nname = "c"\nkind = "webhook"', "[[cloud]]", "[[cloud]]"),
        ('[[cloud]]\nname = "c"\nkind = "webhook"\nurl = "http://x.example/"', '[[cloud]] 1 "c" → url', "https"),
        (WEBHOOK + 'sekret = { env = "X" }', '[[cloud]] 1 "records" → sekret', 'did you mean "secret"?'),
        (WEBHOOK + "secret = {}", '[[cloud]] 1 "records" → secret', "env ="),
        (WEBHOOK + 'secret = { env = "A", file = "b" }', '[[cloud]] 1 "records" → secret', "env ="),
        (WEBHOOK + 'secret = { enw = "A" }', '[[cloud]] 1 "records" → secret → enw', 'did you mean "env"?'),
        (WEBHOOK + "secret = { env = 3 }", '[[cloud]] 1 "records" → secret → env', "env ="),
    ],
)
def test_one_thing_wrong_is_named_with_its_cure(problems: Problems, more: str, key: str, words: str) -> None:
    found = problems(
        (more + "\n" if more.startswith("api") else "") + STORE + TILL + more * (not more.startswith("api"))
    )
    matching = [one for one in found if one.key == key]
    assert matching, [str(one) for one in found]
    assert words in matching[0].fix
    assert matching[0].line is not None


def test_another_currency_has_other_amounts(problems: Problems) -> None:
    store = STORE.replace("EUR", "JPY") + 'cash_rounding = "0.5"\nrefund_without_receipt_max = "49.50"'
    shift = '\n[shift]\nreason_above = "0.50"\ndenominations = ["0.50"]\n'
    found = problems(store + TILL + shift)
    assert {one.key for one in found} == {
        "[store] → cash_rounding",
        "[store] → refund_without_receipt_max",
        "[shift] → reason_above",
        "[shift] → denominations → 1",
    }
    assert all("more than the 0 decimals JPY has" in one.fix for one in found)


def test_a_file_with_nothing_in_it_is_told_what_it_needs(problems: Problems) -> None:
    assert {one.key for one in problems("")} == {"[store]", "[[till]]"}
    assert {one.key for one in problems("[store]\n[[till]]")} == {
        "[store] → id",
        "[store] → name",
        "[store] → currency",
        "[store] → timezone",
        "[[till]] 1 → id",
    }
    assert [one.key for one in problems(STORE + "till = []")] == ["[[till]]", "[store] → till"]


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ('cash_rounding = "0"', "leave the key out"),
        ('cash_rounding = "0.001"', "decimals"),
        ("cash_rounding = 0.05", "quotes"),
        ('cash_rounding = "a"', "decimal"),
        ('refund_without_receipt_max = "50.005"', "more than the 2 decimals EUR has"),
        ('refund_without_receipt_max = "999999999999.99"', "larger than any amount a till takes"),
        ("refund_without_receipt_max = 50", "quotes"),
        ('default_tax = "standrad"', 'did you mean "standard"?'),
        ('receipt_header = ["a\\u0007"]', "lines of text"),
        ('receipt_footer = "Thanks"', "list"),
        ("receipt_footer = [1]", "list"),
        ('locale = "German"', "de_DE"),
        ('prices_include_tax = "yes"', "without quotes"),
    ],
)
def test_one_thing_wrong_in_the_store(problems: Problems, store: str, words: str) -> None:
    tax = '\n[[tax]]\ncode = "standard"\nrate = "19"\n'
    (one,) = problems(STORE + store + TILL + tax)
    assert one.line == 7
    assert words in one.fix


@pytest.mark.parametrize("zone", ["../etc/passwd", "/etc/localtime", "Europe", "", "a\\u0000b", "x" * 5000])
def test_a_time_zone_that_is_none(problems: Problems, zone: str) -> None:
    (one,) = problems(STORE.replace("Europe/Berlin", zone) + TILL)
    assert one.key == "[store] → timezone"


def test_a_scanner_rings_on_one_till(problems: Problems) -> None:
    scanner = '[[scanner]]\nname = "s"\nport = "sim://s"\n'
    tills = '[[till]]\nid = "a"\nscanner = "s"\n[[till]]\nid = "b"\nscanner = "s"\n'
    (one,) = problems(STORE + tills + scanner)
    assert one.key == '[[till]] 2 "b" → scanner'
    assert "[[till]] 1" in one.found


def test_a_logo_that_is_too_large(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(PNG + bytes(512 * 1024))
    (one,) = problems(STORE + TILL + '[[printer]]\nname = "p"\nport = "sim://p"\nlogo = "big.png"\n')
    assert "scale" in one.fix


# --- the file itself ---


def test_no_file_is_its_own_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigMissing) as caught:
        load(tmp_path / "none.toml")
    assert "none.toml" in str(caught.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="folder"):
        load(tmp_path)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x" / "stillopen.toml"
    path.parent.write_text("a file where a folder should be")
    with pytest.raises(ConfigInvalid, match="unreadable"):
        load(path)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b'[store]\nname = "K\xe4se"\n', 2, "UTF-8"),
        ("[store]\n".encode("utf-16"), 1, "UTF-8"),
        ("[store]\nname = Corner\n", 2, "quotes"),
        ('[store]\nname = "a"\nname = "b"\n', 3, "once"),
        ("[store]\n[store]\n", 2, "once"),
        ('[store]\nlogo = "C:\\Shop\\logo.png"\n', 2, "single quotes"),
        ('[store]\nname = "a', 2, "mend this line"),
        ("[store\n", 1, "mend this line"),
        ("a = " + "9" * 5000, None, "mend this line"),
        ("a = " + "[" * 100_000, None, "CONFIGURATION.md"),
        ("# " + "x" * 1024 * 1024, None, "name the configuration file"),
    ],
)
def test_what_is_not_toml(problems: Problems, text: str | bytes, line: int | None, words: str) -> None:
    (one,) = problems(text)
    assert one.line == line
    assert words in one.fix


def test_windows_line_ends_and_a_byte_order_mark(write: Write) -> None:
    path = write(b"\xef\xbb\xbf" + (STORE + TILL).replace("\n", "\r\n").encode())
    assert load(path, environ={}).store.id == "store-1"


# --- secrets ---


def test_a_secret_from_the_environment_is_never_shown(write: Write) -> None:
    config = load(write(STORE + TILL + WEBHOOK + 'secret = { env = "HOOK" }'), environ={"HOOK": f" {SECRET}\n"})
    assert config.clouds[0].settings is not None
    assert config.clouds[0].settings.secret.get_secret_value() == SECRET  # type: ignore[attr-defined]  # its kind's
    assert SECRET not in repr(config)
    assert SECRET not in str(config.clouds[0].settings)


def test_a_secret_from_a_file_beside_the_configuration(write: Write, tmp_path: Path) -> None:
    (tmp_path / "hook.txt").write_text(SECRET + "\n")
    config = load(write(STORE + TILL + WEBHOOK + 'secret = { file = "hook.txt" }'), environ={})
    assert config.clouds[0].settings is not None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no file"),
        (b"", "empty"),
        (b"\xff\xfe\xfa", "not text"),
        (b"a" * 20_000, "more than"),
        (SECRET.encode() + b"\nthe second line", "more than one line of plain characters"),
        (SECRET.encode() + "\u00e4".encode(), "more than one line of plain characters"),
    ],
)
def test_a_secret_that_is_not_there_is_a_finding_of_its_own(
    problems: Problems, write: Write, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "hook.txt").write_bytes(content)
    text = STORE + TILL + WEBHOOK + 'secret = { file = "hook.txt" }'
    (one,) = problems(text)
    assert one.code == "secret-missing"
    assert words in one.found
    assert SECRET not in str(one)
    assert load(write(text), environ={}, need_secrets=False).clouds[0].settings is None


def test_a_secret_file_that_is_a_folder(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "hook.txt").mkdir()
    (one,) = problems(STORE + TILL + WEBHOOK + 'secret = { file = "hook.txt" }')
    assert one.code == "secret-missing"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "no environment variable"),
        ({"HOOK": " "}, "empty"),
        ({"HOOK": f"{SECRET}\t{SECRET}"}, "more than one line of plain characters"),
    ],
)
def test_a_variable_that_is_not_there(problems: Problems, environ: dict[str, str], words: str) -> None:
    (one,) = problems(STORE + TILL + WEBHOOK + 'secret = { env = "HOOK" }', environ=environ)
    assert words in one.found
    assert one.code == "secret-missing"


@pytest.mark.parametrize(
    "more",
    [
        WEBHOOK + 'secret = "hunter2-hunter2"',
        WEBHOOK + 'secret = ["hunter2-hunter2"]',
        WEBHOOK + 'sekret = "hunter2-hunter2"',
        WEBHOOK.replace("https://", "https://me:hunter2-hunter2@") + 'secret = { env = "NONE" }',
        WEBHOOK + 'secret = { env = "HOOK" }',
        WEBHOOK + 'secret = { value = "hunter2-hunter2" }',
        '[[cloud]]\nname = "c"\nkind = "square"\nlocation_id = "L"\ntoken = "hunter2-hunter2"',
    ],
)
def test_no_problem_ever_repeats_a_secret(problems: Problems, more: str) -> None:
    found = problems(STORE + TILL + more, environ={"HOOK": "hunter2-hunter2"})
    assert "hunter2" not in "".join(f"{one}{one.to_json()}" for one in found)


@pytest.mark.parametrize(
    ("line", "key", "fix"),
    [
        ("keep = 3", "[backup] → folder", "write the path of a folder on another disk"),
        ('folder = ""', "[backup] → folder", "write a folder's path in quotes"),
        ("folder = 7", "[backup] → folder", "write a folder's path in quotes"),
        ('folder = "x"\nat = "3:30"', "[backup] → at", 'like at = "03:30"'),
        ('folder = "x"\nat = "24:00"', "[backup] → at", 'like at = "03:30"'),
        ('folder = "x"\nkeep = 0', "[backup] → keep", "1 to 366"),
        ('folder = "x"\nevery = 1', "[backup] → every", "known here: folder, at, keep"),
    ],
)
def test_what_is_wrong_with_a_backup(problems: Problems, line: str, key: str, fix: str) -> None:
    (problem,) = problems(f"{STORE}{TILL}[backup]\n{line}\n")
    assert problem.key == key
    assert fix in problem.fix


def test_a_backup_is_wanted_only_where_it_is_named(write: Write) -> None:
    assert load(write(STORE + TILL), environ={}).backup is None
    found = load(write(f'{STORE}{TILL}[backup]\nfolder = "copies"\n'), environ={}).backup
    assert found is not None
    assert (found.folder.name, found.at_time.isoformat(), found.keep) == ("copies", "03:30:00", 14)
    assert found.folder.is_absolute()


def test_a_printer_may_be_asked_for_its_dialect_and_its_fence(write: Write) -> None:
    path = write(STORE + TILL + '[[printer]]\nname = "p"\nport = "sim://p"\ndialect = "auto"\nfence = "auto"\n')
    settings = load(path, environ={}).printers[0].settings
    assert (settings.ask_dialect, settings.ask_fence) == (True, True)
    assert (settings.speaks, settings.fence) == (DialectName.ESCPOS, None)
