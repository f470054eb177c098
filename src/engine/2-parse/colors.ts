/** The named colours of CSS that dbt takes for `docs.node_color`. */
const names = new Set(
  `aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
   burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan
   darkgoldenrod darkgray darkgreen darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred
   darksalmon darkseagreen darkslateblue darkslategray darkturquoise darkviolet deeppink deepskyblue
   dimgray dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray
   green greenyellow honeydew hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen
   lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightpink
   lightsalmon lightseagreen lightskyblue lightslategray lightsteelblue lightyellow lime limegreen linen
   magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue
   mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite
   navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred
   papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown
   salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray snow springgreen steelblue
   tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen`.split(/\s+/),
);

/** Whether dbt's documentation can show a colour: `#abc`, `#aabbcc` or a name. Source: dbt-core artifacts/utils/validation.py. */
export const isColor = (text: string): boolean =>
  /^#(?:[0-9a-f]{3}){1,2}$/.test(text.toLowerCase()) || names.has(text.toLowerCase());
