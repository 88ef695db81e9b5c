/** The stand-alone studio, and with `?role=player` the scene as a player sees it. */
import { createRoot } from "react-dom/client";
import { panelCss } from "../../panel/index.ts";
import { readAddress } from "./page-address.ts";
import { Studio } from "./studio.tsx";
import { studioCss } from "./studio-style.ts";

const style = document.createElement("style");
style.textContent = panelCss + studioCss;
document.head.append(style);

const address = readAddress(location.search, location.hash);
// The token is kept by the page alone: not in the history, not in a copied address.
if (address.token !== undefined) history.replaceState(null, "", location.pathname + location.search);

createRoot(document.getElementById("studio")!).render(<Studio address={address} />);
