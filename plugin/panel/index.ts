/**
 * The panel: tag a node, train its module, draw with it. A host renders `<Panel host language />` inside an element
 * of class `animula` after adding `panelCss` to the page; everything it needs to know of the host is in `PanelHost`.
 */
export { Panel, type PanelProps } from "./panel.tsx";
export type { Live, PanelClient, PanelHost, PanelNode, PanelNodeKind, SceneLink, StudioLink } from "./host.ts";
export { UndoStack, type UndoEntry } from "./undo-stack.ts";
export { LanguageContext, preferredLanguage, texts, useLanguage, useTexts, type Texts } from "./texts.ts";
export { Button, Notice, Problem, Progress, TextInput } from "./controls.tsx";
export { useAction } from "./hooks.ts";
export { Icon, type IconName } from "./icons.tsx";
export { saveFile } from "./save-file.ts";
export { panelCss } from "./style.ts";
