import { firstNames, lastNames, places, productLines } from "./catalogue.ts";
import { drawDirt, spoil } from "./dirt.ts";
import { Random } from "./random.ts";
import { dayNumber, field, isoDate, money } from "./values.ts";

const firstDay = dayNumber(2024, 1, 1);
const lastDay = dayNumber(2025, 12, 31);
const days = lastDay - firstDay + 1;
const channels = ["store", "store", "store", "app", "web"] as const;

/** Customers that go with {@link customerTransactions} of the same size. */
export const customerCount = (rows: number): number => Math.max(20, Math.floor(rows / 14));

/** One row for each customer. */
export function* customerList(rows: number, seed: number): Generator<string> {
  const random = new Random(seed, "customers");
  yield "customer_id,first_name,last_name,city,country,signup_date,newsletter\n";
  let text = "";
  const count = customerCount(rows);
  for (let i = 1; i <= count; i++) {
    const place = random.pick(places);
    const signup = isoDate(firstDay - random.between(0, 900));
    const row = [
      `C${String(i).padStart(6, "0")}`,
      random.pick(firstNames),
      random.pick(lastNames),
      place.city,
      place.country,
      signup,
      random.chance(420) ? "true" : "false",
    ];
    text += `${row.map(field).join(",")}\n`;
    if (text.length > 262_144) {
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}

const optional = [4, 7];
const typed = [5, 6, 2];

/**
 * Purchases of consumers over two years, in order of time. Loyal customers come often and until the end, most now and
 * then, some stop coming: so that recency, frequency and value tell them apart.
 */
export function* customerTransactions(rows: number, seed: number, dirty: boolean): Generator<string> {
  const random = new Random(seed, "transactions");
  const dirtRandom = new Random(seed, "transactions-dirt");
  yield "transaction_id,customer_id,transaction_date,channel,product_line,items,amount,coupon\n";
  const count = customerCount(rows);
  let text = "";
  for (let made = 0; made < rows; made++) {
    const dirt = dirty ? drawDirt(dirtRandom, optional, typed) : undefined;
    const at = Math.floor((made / rows) * days);
    const customer = drawCustomer(random, count, at / days);
    const line = random.pick(productLines);
    const items = random.between(1, 9);
    const [low, high] = line.prices;
    const coupon = random.chance(140);
    const amount = Math.round(
      (items * random.between(low, Math.min(high, low + 900)) * (customer % 10 === 0 ? 16 : 10) * (coupon ? 9 : 10)) /
        100,
    );
    const row = spoil(
      [
        `T${String(made + 1).padStart(8, "0")}`,
        `C${String(customer).padStart(6, "0")}`,
        isoDate(firstDay + at - (dirt?.late ?? 0)),
        random.pick(channels),
        line.name,
        `${items}`,
        money(amount),
        coupon ? "SAVE10" : "",
      ],
      dirt,
    );
    const written = `${row.join(",")}\n`;
    text += dirt?.duplicate ? written + written : written;
    if (text.length > 262_144) {
      yield text;
      text = "";
    }
  }
  if (text !== "") yield text;
}

/** Numbers that end in 0 are the loyal tenth, with a third of all purchases; those that end in 7, 8 or 9 leave one after the other. */
function drawCustomer(random: Random, count: number, time: number): number {
  if (random.chance(330)) return 10 * random.between(1, Math.max(1, Math.floor(count / 10)));
  for (let i = 0; i < 4; i++) {
    const customer = random.between(1, count);
    const last = customer % 10;
    if (last < 7 || time < 0.25 + (last - 7) * 0.2) return customer;
  }
  return random.between(1, count);
}
