/** The consumer goods of the examples: seven product lines with list prices in cents and a yearly rhythm. */
export interface ProductLine {
  name: string;
  code: string;
  /** Lowest and highest list price in cents. */
  prices: [number, number];
  /** Month of the highest sales, 1 to 12. */
  peak: number;
  /** How far sales swing over the year, in percent of their mean. */
  swing: number;
  /** Change of sales a year, in percent. */
  trend: number;
  products: string[];
}

export const productLines: ProductLine[] = [
  {
    name: "Beverages",
    code: "BEV",
    prices: [90, 1490],
    peak: 7,
    swing: 35,
    trend: 4,
    products: ["Sparkling Water", "Orange Juice", "Iced Tea", "Cola", "Ginger Ale", "Oat Drink", "Cold Brew"],
  },
  {
    name: "Snacks",
    code: "SNK",
    prices: [120, 990],
    peak: 12,
    swing: 20,
    trend: 6,
    products: ["Sea Salt Chips", "Paprika Chips", "Nut Mix", "Rice Cakes", "Pretzels", "Protein Bar"],
  },
  {
    name: "Dairy",
    code: "DRY",
    prices: [80, 890],
    peak: 4,
    swing: 8,
    trend: -1,
    products: ["Plain Yoghurt", "Butter", "Gouda", "Skyr", "Whole Milk", "Cream Cheese"],
  },
  {
    name: "Personal Care",
    code: "PER",
    prices: [190, 2490],
    peak: 6,
    swing: 12,
    trend: 3,
    products: ["Shampoo", "Shower Gel", "Sun Cream", "Toothpaste", "Hand Soap", "Deodorant"],
  },
  {
    name: "Household",
    code: "HOU",
    prices: [150, 1990],
    peak: 3,
    swing: 10,
    trend: 1,
    products: ["Dish Soap", "Laundry Powder", "Glass Cleaner", "Kitchen Roll", "Bin Bags"],
  },
  {
    name: "Baby",
    code: "BAB",
    prices: [250, 3490],
    peak: 9,
    swing: 6,
    trend: 2,
    products: ["Diapers", "Wet Wipes", "Fruit Puree", "Baby Lotion", "Milk Formula"],
  },
  {
    name: "Pet Food",
    code: "PET",
    prices: [70, 4990],
    peak: 11,
    swing: 9,
    trend: 8,
    products: ["Dry Dog Food", "Cat Pouches", "Dog Treats", "Bird Seed", "Cat Litter"],
  },
];

export interface Product {
  code: string;
  name: string;
  line: ProductLine;
  /** Cents. */
  listPrice: number;
}

/** Every product with its list price, spread evenly over its line's range. */
export const products: Product[] = productLines.flatMap((line) =>
  line.products.map((name, i) => {
    const [low, high] = line.prices;
    const step = Math.floor((high - low) / Math.max(1, line.products.length - 1) / 10) * 10;
    return { code: `${line.code}_${1000 + i * 37}`, name, line, listPrice: low + i * step };
  }),
);

export const places = [
  { city: "Hamburg", state: "", country: "Germany", territory: "EMEA", zip: "20095", phone: "+49 40" },
  { city: "Munich", state: "", country: "Germany", territory: "EMEA", zip: "80331", phone: "+49 89" },
  { city: "Lyon", state: "", country: "France", territory: "EMEA", zip: "69002", phone: "+33 4" },
  { city: "Nantes", state: "", country: "France", territory: "EMEA", zip: "44000", phone: "+33 2" },
  { city: "Madrid", state: "", country: "Spain", territory: "EMEA", zip: "28004", phone: "+34 91" },
  { city: "Manchester", state: "", country: "UK", territory: "EMEA", zip: "M1 2HX", phone: "+44 161" },
  { city: "Oslo", state: "", country: "Norway", territory: "EMEA", zip: "0150", phone: "+47 22" },
  { city: "Milan", state: "", country: "Italy", territory: "EMEA", zip: "20121", phone: "+39 02" },
  { city: "Boston", state: "MA", country: "USA", territory: "NA", zip: "02108", phone: "617" },
  { city: "Chicago", state: "IL", country: "USA", territory: "NA", zip: "60601", phone: "312" },
  { city: "San Diego", state: "CA", country: "USA", territory: "NA", zip: "92101", phone: "619" },
  { city: "Denver", state: "CO", country: "USA", territory: "NA", zip: "80202", phone: "303" },
  { city: "Vancouver", state: "BC", country: "Canada", territory: "NA", zip: "V6B 1A1", phone: "604" },
  { city: "Melbourne", state: "Victoria", country: "Australia", territory: "APAC", zip: "3000", phone: "+61 3" },
  { city: "Sydney", state: "NSW", country: "Australia", territory: "APAC", zip: "2000", phone: "+61 2" },
  { city: "Singapore", state: "", country: "Singapore", territory: "APAC", zip: "049483", phone: "+65 6" },
  { city: "Tokyo", state: "", country: "Japan", territory: "Japan", zip: "100-0005", phone: "+81 3" },
  { city: "Osaka", state: "Osaka", country: "Japan", territory: "Japan", zip: "530-0001", phone: "+81 6" },
] as const;

export const firstNames = [
  "Ana",
  "Ben",
  "Chloé",
  "David",
  "Elif",
  "Finn",
  "Grace",
  "Hugo",
  "Ines",
  "Jonas",
  "Kenji",
  "Lena",
  "Marta",
  "Noah",
  "Olga",
  "Pablo",
  "Rosa",
  "Sven",
  "Tara",
  "Yuki",
];
export const lastNames = [
  "Alonso",
  "Becker",
  "Costa",
  "Dubois",
  "Eriksen",
  "Fischer",
  "García",
  "Hansen",
  "Ito",
  "Jensen",
  "Keller",
  "Laurent",
  "Moreau",
  "Novak",
  "O'Brien",
  "Park",
  "Rossi",
  "Schmidt",
  "Tanaka",
  "Weber",
];
export const streets = [
  "Station Road",
  "Market Street",
  "Harbour Lane",
  "Mill Street",
  "Park Avenue",
  "Church Street",
  "High Street",
  "River Walk",
];
export const shopKinds = [
  "Market",
  "Foods",
  "Superstore",
  "Grocers",
  "Drugstore",
  "Corner Shop",
  "Wholesale",
  "Cash & Carry",
];
export const shopNames = [
  "Greenfield",
  "Blue Door",
  "Nordlicht",
  "La Place",
  "Sunrise",
  "Old Town",
  "Riverside",
  "Fresh Basket",
  "Golden Gate",
  "Kiosk 24",
  "Bonjour",
  "Sakura",
  "Four Seasons",
  "Lighthouse",
  "Maple Leaf",
];

/** Sales of a line in a month against its yearly mean, 1 = the mean: a triangle over the year, exact in any arithmetic. */
export function seasonOf(line: ProductLine, month: number): number {
  const away = Math.abs(month - line.peak);
  const distance = Math.min(away, 12 - away);
  return 1 + ((3 - distance) / 3) * (line.swing / 100);
}
