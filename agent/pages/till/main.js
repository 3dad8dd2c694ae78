// The till page by itself.

import { Till } from "./till.js";

await new Till(document.getElementById("till")).start();
