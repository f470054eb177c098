import { firstNames, lastNames, places, products, seasonOf, shopKinds, shopNames, streets } from "./catalogue.ts";
import { drawDirt, spoil } from "./dirt.ts";
import { Random } from "./random.ts";
import { datePartsOf, dayNumber, field, money } from "./values.ts";

const header =
  "ORDERNUMBER,QUANTITYORDERED,PRICEEACH,ORDERLINENUMBER,SALES,ORDERDATE,STATUS,QTR_ID,MONTH_ID,YEAR_ID,PRODUCTLINE,MSRP,PRODUCTCODE,CUSTOMERNAME,PHONE,ADDRESSLINE1,ADDRESSLINE2,CITY,STATE,POSTALCODE,COUNTRY,TERRITORY,CONTACTLASTNAME,CONTACTFIRSTNAME,DEALSIZE";

const firstDay = dayNumber(2023, 1, 2);
const lastDay = dayNumber(2025, 12, 28);
/** Positions of fields that may be missing, and of numbers and dates. */
const optional = [14, 16, 18, 19, 21];
const typed = [1, 2, 4, 5];

/** A shop that orders: the fields of a row from CUSTOMERNAME to CONTACTFIRSTNAME. */
function makeCustomers(random: Random, count: number): string[][] {
  return Array.from({ length: count }, (_, i) => {
    const place = random.pick(places);
    const kind = random.pick(shopKinds);
    const name = `${shopNames[i % shopNames.length]} ${kind}${i % 9 === 0 ? ", Ltd." : ""} ${Math.floor(i / shopNames.length) + 1}`;
    const phone = `${place.phone} ${random.between(100, 999)} ${random.between(1000, 9999)}`;
    const street = `${random.between(1, 240)} ${random.pick(streets)}`;
    const floor = random.chance(120) ? `Floor ${random.between(1, 9)}` : "";
    const contact = [random.pick(lastNames), random.pick(firstNames)];
    return [
      name,
      phone,
      street,
      floor,
      place.city,
      place.state,
      place.zip,
      place.country,
      place.territory,
      ...contact,
    ].map(field);
  });
}

/**
 * Order lines in the layout of the sales file of lab 1, `rows` of them (a few more with `dirty`: duplicates come on top).
 * Yields text in pieces. Same arguments, same bytes.
 */
export function* salesData(rows: number, seed: number, dirty: boolean): Generator<string> {
  const random = new Random(seed, "sales");
  const dirtRandom = new Random(seed, "sales-dirt");
  const customers = makeCustomers(
    new Random(seed, "sales-customers"),
    Math.max(12, Math.min(900, Math.floor(rows / 30))),
  );
  yield `${header}\n`;
  let text = "";
  let order = 10_100;
  for (let made = 0; made < rows; order++) {
    const lines = Math.min(rows - made, random.between(1, 12));
    const day = firstDay + Math.floor((made / rows) * (lastDay - firstDay + 1));
    const customer = random.pick(customers);
    const promotion = random.chance(180) ? random.between(5, 30) : 0;
    const status = statusOf(random, made / rows);
    for (let line = 1; line <= lines; line++, made++) {
      const dirt = dirty ? drawDirt(dirtRandom, optional, typed) : undefined;
      const { year, month, day: date } = datePartsOf(day - (dirt?.late ?? 0));
      const product = random.pick(products);
      const growth = 1 + ((year - 2023) * product.line.trend) / 100;
      const quantity = Math.max(1, Math.round(random.between(10, 60) * seasonOf(product.line, month) * growth));
      const price = Math.max(
        10,
        Math.round((product.listPrice * (100 - promotion) * random.between(92, 100)) / 10_000),
      );
      const sales = quantity * price;
      const row = spoil(
        [
          `${order}`,
          `${quantity}`,
          money(price),
          `${line}`,
          money(sales),
          `${month}/${date}/${year} 0:00`,
          status,
          `${Math.floor((month + 2) / 3)}`,
          `${month}`,
          `${year}`,
          product.line.name,
          `${Math.ceil(product.listPrice / 100)}`,
          product.code,
          ...customer,
          sales >= 50_000 ? "Large" : sales >= 15_000 ? "Medium" : "Small",
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

/** Old orders are shipped; the newest tenth may be on its way. */
function statusOf(random: Random, age: number): string {
  const draw = random.below(1000);
  if (draw < 12) return "Cancelled";
  if (draw < 20) return "Disputed";
  if (draw < 36) return "Resolved";
  if (draw < 50) return "On Hold";
  return age > 0.9 && draw < 400 ? "In Process" : "Shipped";
}
