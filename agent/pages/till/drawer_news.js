// What is told of the drawer beside the finished sale, which says itself how its drawer did.

import { t } from "../parts/words.js";

/** Say what the till's drawer did, where nothing on show does. */
export function tellOfDrawer(till, event) {
  const { sale, last, till: { drawer } } = till.state;
  const told = !event.record_id || sale?.lines.length || event.opened_for !== last?.receipt_number;
  if (event.type !== "drawer" || event.drawer !== drawer || !told) return;
  const fine = ["opened", "closed"].includes(event.state);
  till.say({ kind: fine ? "note" : "refused", minor: fine, of: "drawer", text: [t(`drawer.${event.state}`), event.reason].filter(Boolean).join(". ") });
}
