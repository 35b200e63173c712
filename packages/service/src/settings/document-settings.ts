import type { Settings } from "@sandbox-system/contract";

/** A group of settings in the reference: one heading, one table. */
export interface SettingsSection {
  readonly title: string;
  /** A paragraph under the heading. */
  readonly intro: string;
  readonly settings: Settings;
}

/**
 * The sections as Markdown: a table each, in the order of the settings. The same input always gives the same text, so that a check can
 * compare it with the file.
 */
export function documentSettings(sections: readonly SettingsSection[]): string {
  return sections.map(documentSection).join("\n");
}

function documentSection({ title, intro, settings }: SettingsSection): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const fallback = setting.fallbackText === "" ? "–" : `\`${setting.fallbackText}\``;
    const secret = setting.secret ? " **Secret**: never shown in logs or errors." : "";
    return `| \`${name}\` | ${cell(setting.form)} | ${fallback} | ${cell(setting.description)}${secret} |`;
  });
  return [
    `## ${title}`,
    "",
    intro,
    "",
    "| Variable | Value | Default | What it does |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** A pipe would end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
