"""What is asked of Shopify, as GraphQL documents, and about what each costs.

Source: the Admin API's own schema, version 2026-07. Refunds and stock carry `@idempotent`: its description demands
that from 2026-04 on, though the schema itself does not.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """One operation. `cost` in Shopify's points, about: each answer says what is left, and that is what counts."""

    name: str
    text: str
    cost: int


def _document(text: str, cost: int) -> Document:
    name = text.split()[1].partition("(")[0]
    return Document(name, " ".join(text.split()), cost)


_ORDER = """
  id sourceIdentifier createdAt
  totalPriceSet { shopMoney { amount currencyCode } }
  totalTaxSet { shopMoney { amount } }
"""
_REFUND = "id note totalRefundedSet { shopMoney { amount } }"
_PAGE = "pageInfo { hasNextPage endCursor }"
_BOOKED_ORDER = """
  id name sourceIdentifier createdAt cancelledAt displayFinancialStatus fullyPaid
  totalPriceSet { shopMoney { amount currencyCode } }
"""
_BOOKED_REFUND = "id note totalRefundedSet { shopMoney { amount currencyCode } }"
_VARIANT = """
  id title sku barcode price taxable updatedAt
  product { id title status isGiftCard hasOnlyDefaultVariant productType tags updatedAt }
"""
_BASIC_DISCOUNT = """
  title status startsAt endsAt updatedAt
  context { __typename }
  minimumRequirement { __typename }
  customerGets {
    appliesOnOneTimePurchase
    items { __typename }
    value {
      __typename
      ... on DiscountPercentage { percentage }
      ... on DiscountAmount { appliesOnEachItem amount { amount currencyCode } }
    }
  }
"""

ORDER_CREATE = _document(
    f"""mutation CreateOrder($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {{
      orderCreate(order: $order, options: $options) {{
        order {{ {_ORDER} }} userErrors {{ field message code }}
      }}
    }}""",
    15,
)
ORDER_BY_SOURCE = _document(
    f"""query OrderBySource($named: String!) {{
      named: orders(first: 10, query: $named) {{ nodes {{ {_ORDER} }} }}
    }}""",
    10,
)
LATEST_ORDERS = _document(
    f"""query LatestOrders($first: Int!, $after: String) {{
      latest: orders(first: $first, after: $after, sortKey: CREATED_AT, reverse: true) {{
        nodes {{ {_ORDER} }} {_PAGE}
      }}
    }}""",
    30,
)
ORDER_LEFT = _document(
    f"""query OrderLeft($id: ID!, $first: Int!, $after: String) {{
      order(id: $id) {{
        id
        transactions(first: 100) {{
          id kind status gateway amountSet {{ shopMoney {{ amount }} }} parentTransaction {{ id }}
        }}
        refunds(first: 100) {{ {_REFUND} }}
        lineItems(first: $first, after: $after) {{
          nodes {{ id refundableQuantity variant {{ id }} customAttributes {{ key value }} }} {_PAGE}
        }}
      }}
    }}""",
    40,
)
REFUND_CREATE = _document(
    f"""mutation CreateRefund($input: RefundInput!, $key: String!) {{
      refundCreate(input: $input) @idempotent(key: $key) {{
        refund {{ {_REFUND} }} userErrors {{ field message }}
      }}
    }}""",
    15,
)
ORDER_REFUNDS = _document(
    f"""query OrderRefunds($id: ID!) {{
      order(id: $id) {{ id refunds(first: 100) {{ {_REFUND} }} }}
    }}""",
    30,
)
BOOKED_ORDERS = _document(
    f"""query BookedOrders($first: Int!, $after: String, $query: String!, $refunds: Int!) {{
      orders(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {{
        nodes {{ {_BOOKED_ORDER} refunds(first: $refunds) {{ {_BOOKED_REFUND} }} }} {_PAGE}
      }}
      currentAppInstallation {{ accessScopes {{ handle }} }}
    }}""",
    90,
)
BOOKED_ORDER = _document(f"query BookedOrder($id: ID!) {{ order(id: $id) {{ {_BOOKED_ORDER} }} }}", 3)
BOOKED_REFUND = _document(f"query BookedRefund($id: ID!) {{ refund(id: $id) {{ {_BOOKED_REFUND} }} }}", 3)
BOOKED_REFUNDS = _document(
    f"""query BookedRefunds($id: ID!, $refunds: Int!) {{
      order(id: $id) {{ id refunds(first: $refunds) {{ {_BOOKED_REFUND} }} }}
    }}""",
    30,
)
STOCK_ITEMS = _document(
    """query StockItems($ids: [ID!]!) {
      nodes(ids: $ids) { ... on ProductVariant { id inventoryItem { id tracked } } }
    }""",
    30,
)
STOCK_ADJUST = _document(
    """mutation AdjustStock($input: InventoryAdjustQuantitiesInput!, $key: String!) {
      inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
        inventoryAdjustmentGroup { id } userErrors { field message code }
      }
    }""",
    15,
)
SHOP = _document("query Shop { shop { name currencyCode taxesIncluded } }", 1)
VARIANTS = _document(
    f"""query Variants($first: Int!, $after: String, $query: String) {{
      shop {{ currencyCode }}
      productVariants(first: $first, after: $after, query: $query, sortKey: ID) {{ nodes {{ {_VARIANT} }} {_PAGE} }}
    }}""",
    40,
)
CHANGED_PRODUCTS = _document(
    f"""query ChangedProducts($first: Int!, $after: String, $query: String!) {{
      products(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{ nodes {{ id }} {_PAGE} }}
    }}""",
    15,
)
LEVELS = _document(
    f"""query StockLevels($location: ID!, $first: Int!, $after: String, $query: String) {{
      location(id: $location) {{
        id
        inventoryLevels(first: $first, after: $after, query: $query) {{
          nodes {{
            quantities(names: ["available"]) {{ quantity }}
            item {{ tracked variants(first: 10) {{ nodes {{ id }} }} }}
          }}
          {_PAGE}
        }}
      }}
    }}""",
    60,
)
CUSTOMERS = _document(
    f"""query Customers($first: Int!, $after: String, $query: String) {{
      customers(first: $first, after: $after, query: $query, sortKey: ID) {{
        nodes {{
          id displayName updatedAt
          defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }}
          ours: metafield(namespace: "stillopen", key: "customer_id") {{ value }}
        }}
        {_PAGE}
      }}
    }}""",
    30,
)
CUSTOMER_BY_ID = _document(
    """query CustomerById($identifier: CustomerIdentifierInput!) {
      found: customerByIdentifier(identifier: $identifier) { id }
    }""",
    1,
)
CUSTOMER_SET = _document(
    """mutation SetCustomer($identifier: CustomerSetIdentifiers!, $input: CustomerSetInput!) {
      customerSet(identifier: $identifier, input: $input) { customer { id } userErrors { field message code } }
    }""",
    10,
)
DEFINE_ID = _document(
    """mutation DefineId($definition: MetafieldDefinitionInput!) {
      metafieldDefinitionCreate(definition: $definition) {
        createdDefinition { id } userErrors { field message code }
      }
    }""",
    10,
)
DISCOUNTS = _document(
    f"""query Discounts($first: Int!, $after: String, $query: String) {{
      discountNodes(first: $first, after: $after, query: $query, sortKey: ID) {{
        nodes {{
          id
          discount {{
            __typename
            ... on DiscountCodeBasic {{ {_BASIC_DISCOUNT} usageLimit appliesOncePerCustomer }}
            ... on DiscountAutomaticBasic {{ {_BASIC_DISCOUNT} }}
          }}
        }}
        {_PAGE}
      }}
    }}""",
    60,
)
LOCATIONS = _document(
    f"""query Locations($first: Int!, $after: String) {{
      locations(first: $first, after: $after) {{ nodes {{ id name isActive }} {_PAGE} }}
    }}""",
    15,
)
SCOPES = _document("query Scopes { currentAppInstallation { accessScopes { handle } } }", 5)

COSTS = {
    document.name: document.cost
    for document in (
        ORDER_CREATE, ORDER_BY_SOURCE, LATEST_ORDERS, ORDER_LEFT, REFUND_CREATE, ORDER_REFUNDS, STOCK_ITEMS,
        STOCK_ADJUST, SHOP, VARIANTS, CHANGED_PRODUCTS, LEVELS, CUSTOMERS, CUSTOMER_BY_ID, CUSTOMER_SET, DEFINE_ID,
        DISCOUNTS, LOCATIONS, SCOPES, BOOKED_ORDERS, BOOKED_ORDER, BOOKED_REFUND, BOOKED_REFUNDS,
    )
}  # fmt: skip
