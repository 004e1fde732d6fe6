// Runs when the page is built: the whole page as HTML.
import { renderToString } from "preact-render-to-string";
import { Page } from "./shell";

export const renderPage = (): string => renderToString(<Page />);
