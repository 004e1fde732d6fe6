import "./style/tokens.css";
import "./style/base.css";
import "./style/layout.css";
import "./style/prose.css";
import "./style/figure.css";
import "./style/controls.css";
import "./style/charts.css";
import "./style/model.css";
import "./style/forced-colors.css";
import "./style/print.css";
import { h, render } from "preact";
import { explainTerms, followLink, followReading, openContents } from "./page/behaviour";
import { wakeDemos } from "./page/islands";
import { keepForLater } from "./page/offline";
import { Banner, CoreStatus } from "./page/status";
import { ThemeSwitch } from "./page/theme-switch";

const into = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

render(h(ThemeSwitch, {}), into("theme-switch"));
render(h(Banner, {}), into("banner"));
render(h(CoreStatus, {}), into("core-status"));
followReading();
openContents();
explainTerms();
followLink();
wakeDemos();
keepForLater();
