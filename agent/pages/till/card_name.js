// A card, as people tell one from another.

/** What a cashier calls a card: its brand and last digits. */
export function cardName({ brand, last4 }) {
  return [brand && brand[0].toUpperCase() + brand.slice(1), last4 && `•••• ${last4}`].filter(Boolean).join(" ");
}
