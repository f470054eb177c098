/** One record of a CSV file (RFC 4180, line feed): what has a comma, a quote or a line break is quoted. */
export const csvLine = (fields: readonly string[]): string => `${fields.map(field).join(",")}\n`;

const field = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
