import { products, seasonOf } from "./catalogue.ts";
import { drawDirt, spoil } from "./dirt.ts";
import { Random } from "./random.ts";
import { datePartsOf, dayNumber, isoDate, money } from "./values.ts";

export const weeks = 156;
const firstMonday = dayNumber(2023, 1, 2);
const optional = [4, 6];
const typed = [4, 5];

/**
 * Units sold by week, store and product over three years: a level of its own for every series, trend, season, promotions
 * and noise. As many whole series as fit into `rows`, and a part of one more.
 */
export function* weeklySales(rows: number, seed: number, dirty: boolean): Generator<string> {
  const random = new Random(seed, "weekly");
  const dirtRandom = new Random(seed, "weekly-dirt");
  yield "week_start,store_id,product_code,product_line,units,price,promotion\n";
  let text = "";
  let made = 0;
  for (let series = 0; made < rows; series++) {
    const product = products[(series * 11) % products.length] as (typeof products)[number];
    const store = `S${String(100 + Math.floor(series / 8)).padStart(3, "0")}`;
    const level = random.between(30, 220);
    const slope = (product.line.trend + random.between(-4, 4)) / 100 / 52;
    for (let week = 0; week < weeks && made < rows; week++, made++) {
      const dirt = dirty ? drawDirt(dirtRandom, optional, typed) : undefined;
      const day = firstMonday + week * 7;
      const { month } = datePartsOf(day);
      const promotion = random.chance(90);
      const lift = promotion ? 1.35 + random.below(40) / 100 : 1;
      const noise = 1 + random.bell() * 0.12;
      const units = Math.max(0, Math.round(level * (1 + slope * week) * seasonOf(product.line, month) * lift * noise));
      const price = promotion ? Math.round(product.listPrice * 0.8) : product.listPrice;
      const row = spoil(
        [
          isoDate(day - 7 * Math.ceil((dirt?.late ?? 0) / 7)),
          store,
          product.code,
          product.line.name,
          `${units}`,
          money(price),
          promotion ? "true" : "false",
        ],
        dirt,
      );
      const written = `${row.join(",")}\n`;
      text += dirt?.duplicate ? written + written : written;
    }
    if (text.length > 262_144) {
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}
