/** The few behaviours that every page shares. Pages work without this file; they are only less convenient. */
import { carryCsrf, reportFailures } from "./requests.js";
import { closeMenusOutside } from "./menus.js";
import { dismissable } from "./toasts.js";
import { switchTheme } from "./theme.js";
import { copyOnClick } from "./copy.js";

carryCsrf();
reportFailures();
closeMenusOutside();
dismissable();
switchTheme();
copyOnClick();
