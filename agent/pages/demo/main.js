// The demo page: the till as it is, and beside it the shop it stands in.

import { replace } from "../parts/dom.js";
import { Till } from "../till/till.js";
import { desk } from "./desk.js";
import { drawer } from "./drawer.js";
import { faults } from "./faults.js";
import { guide } from "./guide.js";
import { cloud, line } from "./line.js";
import { printer } from "./printer.js";
import { scale } from "./scale.js";
import { shelf } from "./shelf.js";
import { World } from "./world.js";

const till = new Till(document.getElementById("till"));
await till.start();

const world = new World();
const wrong = await faults(world);
const parts = [desk(await shelf(world), await scale(world), wrong), printer(world, wrong.words), drawer(world), line(world), cloud(world)];
const steps = guide();
replace(document.getElementById("guide"), steps.element);
replace(document.getElementById("world"), parts.map((part) => part.element));

const update = () => {
  if (!world.now) return;
  for (const part of parts) part.update(world.now);
  steps.update(till.state, world.now);
};
world.addEventListener("change", update);
world.addEventListener("refused", ({ detail }) => till.say({ kind: "refused", text: detail }));
till.state.addEventListener("change", update);
till.state.addEventListener("heard", () => world.soon());
world.start();
