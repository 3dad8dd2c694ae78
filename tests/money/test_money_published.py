"""Examples that tax offices, laws and those who quote them have published, rung at the till.

Each names its page. Figures are the page's own, unless a comment says that they follow from the rule it states.
"""

from decimal import Decimal

import pytest

from agent import basket, checkout
from agent.basket import Product
from agent.empties import add_empties
from agent.pricing import Rules, price, view
from agent.sale import Sale, TaxRate
from agent.tax import TaxRounding
from outbox.money import Rounding

BY_LINE = TaxRounding(per_line=True)


def rate(percent: str, *, compound: bool = False) -> TaxRate:
    return TaxRate(f"t{percent}", f"{percent}%", Decimal(percent), compound=compound)


def several(*parts: TaxRate) -> TaxRate:
    return TaxRate("several", "Several", Decimal(0), parts=parts)


def ring(rules: Rules, *prices: tuple[int, TaxRate | None], quantity: str = "1") -> Sale:
    sale = basket.new_sale(rules, id="s", till="till-1", opened_at="2026-11-21T09:00:00+01:00")
    for at, (amount, tax) in enumerate(prices):
        product = Product(f"p{at}", "Thing", amount, None if tax is None else tax.code)
        sale = basket.add_product(sale, rules, product, quantity=quantity)
    return sale


def store(currency: str, *taxes: TaxRate, included: bool, rounding: TaxRounding | None = None, coin: int = 1) -> Rules:
    return Rules(currency, included, coin, {tax.code: tax for tax in taxes}, tax_rounding=rounding or TaxRounding())


def taxes_of(sale: Sale, rules: Rules) -> list[int]:
    return [tax.amount for tax in price(sale, rules).taxes]


def in_cash(amount: int, currency: str, coin: int) -> int:
    """Return what an amount comes to in coins."""
    rules = store(currency, included=True, coin=coin)
    sale = ring(rules, (amount, None))
    due = price(sale, rules).settlement.cash_due
    body = checkout.complete(checkout.add_tender(sale, rules, type="cash", amount=due), rules)
    assert body["paid"] == body["total"] + body["rounding"] == due
    return due


# --- in the price and on top of it ---


@pytest.mark.parametrize(
    ("percent", "with_tax", "tax"), [("20", 12000, 2000), ("17.5", 11750, 1750), ("15", 11500, 1500)]
)
def test_the_united_kingdoms_vat_fractions(percent: str, with_tax: int, tax: int) -> None:
    # https://accountingservicesforbusiness.co.uk/resources/information-articles/vat-rates-and-fractions
    # the fractions 1/6, 7/47 and 3/23
    vat = rate(percent)
    rules = store("GBP", vat, included=True)
    assert taxes_of(ring(rules, (with_tax, vat)), rules) == [tax]


@pytest.mark.parametrize(("percent", "tax"), [("20", 2000), ("5", 500)])
def test_vat_on_a_price_without_it(percent: str, tax: int) -> None:
    # http://www.hmrc.gov.uk/vat/forms-rates/rates/calculating.htm
    vat = rate(percent)
    rules = store("GBP", vat, included=False)
    shown = view(ring(rules, (10000, vat)), rules)
    assert (shown["taxes"][0]["amount"], shown["total"]) == (tax, 10000 + tax)


# --- several taxes, and tax on tax ---


def test_quebecs_two_taxes_where_half_a_cent_counts_as_one() -> None:
    # http://www.revenuquebec.ca/en/entreprise/taxes/tvq_tps/calcul-taxes.aspx
    gst, qst = rate("5"), rate("9.975")
    both = several(gst, qst)
    rules = store("CAD", both, included=False)
    sale = ring(rules, (10000, both))
    assert taxes_of(sale, rules) == [500, 998]  # 9.975
    assert price(sale, rules).total == 11498


def test_quebecs_taxes_as_they_were_one_on_the_other() -> None:
    # https://mackisen.com/blog/what-is-the-qst-rate-and-how-is-it-calculated: "tax-on-tax basis (GST applied first,
    # then QST on top)". The figures follow from that rule, with the rates of today.
    gst, qst = rate("5"), rate("9.975", compound=True)
    both = several(gst, qst)
    rules = store("CAD", both, included=False)
    priced = price(ring(rules, (10000, both)), rules)
    assert [(tax.base, tax.amount) for tax in priced.taxes] == [
        (10000, 500),
        (10500, 1047),
    ]  # 105.00 x 9.975% = 10.4738


def test_british_columbias_two_taxes() -> None:
    # https://www.calculconversion.com/sales-tax-calculator-british-columbia-gst-pst-2019.html
    gst, pst = rate("5"), rate("7")
    both = several(gst, pst)
    rules = store("CAD", both, included=False)
    sale = ring(rules, (5000, both))
    assert (taxes_of(sale, rules), price(sale, rules).total) == ([250, 350], 5600)


def test_indias_central_and_state_tax() -> None:
    # https://caclubindia.com/forum/rounding-off-formula-on-gst-420571.asp; each to the paisa, as
    # https://evaluemax.com/rounding-of-tax-and-invoice-value-under-gst/ reads section 170
    cgst, sgst = TaxRate("cgst", "CGST", Decimal(9)), TaxRate("sgst", "SGST", Decimal(9))
    both = several(cgst, sgst)
    rules = store("INR", both, included=False)
    assert taxes_of(ring(rules, (5467000, both)), rules) == [492030, 492030]


# --- rounding ---


def test_an_indian_pharmacys_taxes_line_by_line() -> None:
    # https://www.caclubindia.com/forum/rounding-of-tax-amt-in-gst-invoice-408745.asp, format 2
    gst = rate("12")
    rules = store("INR", gst, included=False, rounding=BY_LINE)
    sale = ring(rules, (60, gst), (230, gst), (156, gst), (10, gst))
    assert [line.tax_amount for line in price(sale, rules).lines] == [7, 28, 19, 1]
    assert (taxes_of(sale, rules), price(sale, rules).total) == ([55], 511)


def test_a_swiss_bill_by_line_and_in_all() -> None:
    # https://www.banana.ch/doc/zh-hans/node/10175
    vat = rate("7.7")
    by_line, in_all = (store("CHF", vat, included=False, rounding=how) for how in (BY_LINE, TaxRounding()))
    amounts = (18750, vat), (87500, vat)
    assert [line.tax_amount for line in price(ring(by_line, *amounts), by_line).lines] == [1444, 6738]
    assert taxes_of(ring(by_line, *amounts), by_line) == [8182]
    assert taxes_of(ring(in_all, *amounts), in_all) == [8181]


@pytest.mark.parametrize(("amount", "tax"), [(104, 10), (105, 11)])
def test_australias_half_cents_go_up(amount: int, tax: int) -> None:
    # https://support.myhomefone.com.au/portal/en/kb/articles/why-gst-on-invoice-may-be-more-than-10percent-of-the-ex-gst-total
    # by the rule of http://www5.austlii.edu.au/au/legis/cth/consol_act/antsasta1999402/s9.90.html
    gst = rate("10")
    rules = store("AUD", gst, included=False)
    assert taxes_of(ring(rules, (amount, gst)), rules) == [tax]


def test_australias_two_rules_for_several_supplies() -> None:
    # http://www5.austlii.edu.au/au/legis/cth/consol_act/antsasta1999402/s9.90.html, subsection 2 (a), and (b) with
    # two decimals in step 2. The figures follow from it: 3 x 1.05 is 0.315 of tax, or 3 x 0.11
    gst = rate("10")
    supplies = [(105, gst)] * 3
    in_all, each = (store("AUD", gst, included=False, rounding=how) for how in (TaxRounding(), BY_LINE))
    assert taxes_of(ring(in_all, *supplies), in_all) == [32]
    assert taxes_of(ring(each, *supplies), each) == [33]


@pytest.mark.parametrize(("amount", "percent", "tax"), [(1099, "6.25", 69), (1234, "10", 123), (1235, "10", 124)])
def test_the_streamlined_states_round_a_third_decimal_above_four_up(amount: int, percent: str, tax: int) -> None:
    # http://www.laws9.com/statutes/rhode-island/title-44/chapter-44-18-1/44-18-1-25
    # https://legalclarity.org/does-sales-tax-round-up-or-down-the-half-cent-rule: 10.99 at 6.25% is 0.686875 raw;
    # 1.234 of tax is 1.23 and 1.235 is 1.24 (here as 10% of 12.34 and 12.35)
    sales_tax = rate(percent)
    rules = store("USD", sales_tax, included=False)
    assert taxes_of(ring(rules, (amount, sales_tax)), rules) == [tax]


def test_new_zealand_may_disregard_half_a_cent() -> None:
    # https://plainlanguagelaw.ackama.com/acts/DLM81034/LMS849298.html, 19O. The figures follow from it.
    gst = rate("15")
    rules = store("NZD", gst, included=False, rounding=TaxRounding(fraction=Rounding.HALF_DOWN))
    assert taxes_of(ring(rules, (10, gst)), rules) == [1]  # 1.5 cents
    assert taxes_of(ring(rules, (11, gst)), rules) == [2]  # 1.65 cents


def test_an_invoice_trader_in_the_united_kingdom_may_round_down_and_a_retailer_may_not() -> None:
    # https://gov.uk/hmrc-internal-manuals/vat-trader-records/vatrec12010, and Notice 700 as quoted in
    # https://www.accountantforums.com/threads/vat-calculation-of-vat-at-retailers.1788/. The figures follow from it.
    vat = rate("20")
    retailer = store("GBP", vat, included=False)
    invoices = store("GBP", vat, included=False, rounding=TaxRounding(fraction=Rounding.DOWN))
    assert taxes_of(ring(retailer, (1999, vat)), retailer) == [400]  # 3.998
    assert taxes_of(ring(invoices, (1999, vat)), invoices) == [399]


# --- coins ---


def test_canadas_screws_in_cash_and_by_card() -> None:
    # https://ryan.com/canada/about-ryan/news-and-insights/2012/december/gsthst-info-sheet-gi-131-phasing-out-of-the-penny/
    hst = rate("13")
    rules = store("CAD", hst, included=False, coin=5)
    sale = ring(rules, (179, hst), quantity="100")
    priced = price(sale, rules)
    assert (priced.taxes[0].amount, priced.total) == (2327, 20227)
    cash = checkout.complete(checkout.add_tender(sale, rules, type="cash", amount=20225), rules)
    assert (cash["total"], cash["rounding"], cash["change"], cash["taxes"][0]["amount"]) == (20227, -2, 0, 2327)
    card = checkout.complete(checkout.add_tender(sale, rules, type="card", amount=20227), rules)
    assert (card["total"], card["rounding"]) == (20227, 0)


def test_canadas_coffee_and_sandwich() -> None:
    # https://www.budget.canada.ca/2012/themes/rounding-arrondissement-eng.html
    gst = rate("5")
    rules = store("CAD", gst, included=False, coin=5)
    settlement = price(ring(rules, (183, gst), (286, gst)), rules).settlement
    assert (settlement.due, settlement.cash_due) == (492, 490)


@pytest.mark.parametrize(
    ("currency", "coin", "amount", "cash"),
    [
        # http://www.opc.gouv.qc.ca/en/consumer/topic/price-discount/store/other-subject/phasing-out-penny/
        ("CAD", 5, 598, 600),
        ("CAD", 5, 597, 595),
        # https://satteltdiehuehner.com/tag/nzd/
        ("AUD", 5, 1002, 1000),
        ("AUD", 5, 1003, 1005),
        # https://www.filemakerbloggen.se/post/oresavrundning/, by http://retro.lagen.nu/1970:1029, section 2
        ("SEK", 100, 2488, 2500),
        ("SEK", 100, 2442, 2400),
        ("SEK", 100, 2450, 2500),
        # https://www.norges-bank.no/tema/Sedler-og-mynter/Regelverk/Avrundingsregler/
        ("NOK", 100, 149, 100),
        ("NOK", 100, 150, 200),
        ("NOK", 100, 199, 200),
    ],
)
def test_what_is_paid_in_coins_there_are(currency: str, coin: int, amount: int, cash: int) -> None:
    assert in_cash(amount, currency, coin) == cash


# --- deposits ---


def test_a_german_deposit_has_the_tax_of_the_drink_and_its_return_takes_it_back() -> None:
    # https://www.cashregisterstore.de/Umsatzsteuerliche-Behandlung-von-Pfand: part of what is charged, at 19% for cola
    # and 7% for milk; the return lowers it. The figures follow from that.
    cola, milk = rate("19"), rate("7")
    rules = store("EUR", cola, milk, included=True)
    sale = ring(rules)
    sale = basket.add_product(sale, rules, Product("c", "Cola", 94, "t19", deposit=25, deposit_tax="t19"))
    sale = basket.add_product(sale, rules, Product("m", "Milk", 92, "t7", deposit=15, deposit_tax="t7"))
    assert taxes_of(sale, rules) == [19, 7]  # 1.19 x 19/119, 1.07 x 7/107
    sale = add_empties(sale, rules, Product("c", "Cola", 94, "t19", deposit=25, deposit_tax="t19"), quantity="4")
    priced = price(sale, rules)
    assert [tax.amount for tax in priced.taxes] == [3, 7]  # 0.19 x 19/119
    assert priced.total == 126


def test_an_austrian_one_way_deposit_is_not_taxed_and_stands_apart() -> None:
    # https://www.bfbf.at/kanzleinews/flaschenpfand_e5155/. The figures follow from it.
    vat = rate("20")
    rules = store("EUR", vat, included=True)
    sale = basket.add_product(ring(rules), rules, Product("c", "Cola", 120, "t20", deposit=25))
    shown = view(sale, rules)
    assert [(line["price"], line["tax"], line["tax_amount"]) for line in shown["lines"]] == [
        (120, "t20", 20),
        (25, None, 0),
    ]
    assert (shown["taxes"][0]["base"], shown["total"]) == (100, 145)


@pytest.mark.parametrize(("soda", "base"), [(99, 104), (200, 205)])
def test_californias_redemption_value_is_part_of_the_taxed_price(soda: int, base: int) -> None:
    # http://www.ocregister.com/taxdollars/strong-478069-http-fee.html
    sales_tax = rate("7.25")
    rules = store("USD", sales_tax, included=False)
    sale = basket.add_product(ring(rules), rules, Product("s", "Soda", soda, "t7.25", deposit=5, deposit_tax="t7.25"))
    assert price(sale, rules).taxes[0].base == base
