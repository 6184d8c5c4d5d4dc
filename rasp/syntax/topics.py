"""TABLE of what `help WORD` says about words of the language. The library documents its names itself."""

TOPICS: dict[str, str] = {
    "select": """select(key, query, test)
A selector: row q selects position k where `key[k] test query[q]`. The test is one of == != < <= > >=.
  select(indices, indices, <)     every row selects the positions before it
  select(tokens, "a", ==)         every row selects the positions that hold an a
Combine selectors with `and`, `or`, `not`; read through them with aggregate and selector_width.""",
    "aggregate": """aggregate(selector, value)   or   aggregate(selector, value, default)
An s-op: in each row the mean of the values that are selected. One selected value comes as it is, of
whatever kind; none gives the default (0 if there is none).
  aggregate(select(indices, indices - 1, ==), tokens, "")     the token before""",
    "range": "range(n)   range(start, end)   range(start, end, step)\nA list of integers, without the end.",
    "zip": "zip(list, list, ...)\nA list of lists: the first elements, the second elements, and so on.",
    "len": "len(list)\nThe number of elements of a list. The length of the input is called `length`.",
    "round": "round(x)\nThe nearest integer, of a number or at each position; halves go to the even one.",
    "indicator": "indicator(s_op)\n1 where the s-op is true, 0 elsewhere; for averaging booleans.",
    "def": """def name(parameters) { ... return value; }
A function. Its body is statements, of which the last is the return.
  def prev(s, filler) { return aggregate(select(indices, indices - 1, ==), s, filler); }""",
    "return": """return value;   or   return a, b;
The last statement of a `def`. Several values come as a list.""",
    "for": """for x in list { ... }   or   for x, y in list { ... }
Carries out the statements for each element.""",
    "if": """value if condition else other
Chosen at each position when the condition is an s-op, once and for all otherwise.
Chains are read from the left, so write `a if c else (b if d else e)`.""",
    "in": """s_op in ["a", "b"]     is the value at each position in the list?
value in s_op          does the value stand anywhere in the input?
`in` binds loosest of all: write ("a" in tokens) and b.""",
    "not": "not x\nOf a truth value, at each position, or of a selector. It binds tight: write not (a == b).",
    "and": """a and b
Of truth values, at each position, or of selectors. `and` and `or` bind alike, from the left.""",
    "or": """a or b
Of truth values, at each position, or of selectors. `and` and `or` bind alike, from the left.""",
    "load": """load "path";
Reads path.rasp (beside the loading file, in the working directory or in programs/) and binds its names
here, except those that start with `_`. `reload` reads it again.""",
    "draw": """draw(s_op);   or   draw(s_op, "input");
Draws the layers, heads and values of an s-op or selector on an input (without one: the running example):
as text here, and as an SVG and a DOT file in the folder drawings/.""",
    "set": """set example "abc"   or   set example [1, 2, 3]
The input on which everything is shown from now on. `set s-op example` and `set selector example` change
only one of the two.""",
    "show": """show example   (show s-op example, show selector example)
The running examples.""",
    "full": """full seq display on   (or off)
Shows each value below the element of the input that it belongs to.""",
    "exit": "exit   or   quit   or   Ctrl-D\nLeaves.",
    "tokens": """The input, element by element, as strings.
tokens_int, tokens_float, tokens_bool and tokens_asis read it as integers, floats, booleans, and as it is.""",
    "indices": "The positions: 0, 1, 2, ...",
    "tokens_int": "The input, each element as an integer.",
    "tokens_float": "The input, each element as a float.",
    "tokens_bool": "The input, each element as a boolean.",
    "tokens_str": "The input, each element as a string.",
    "tokens_asis": "The input as it is.",
    "out": "The value of the last expression.",
    "True": "The boolean that holds.",
    "False": "The boolean that does not hold.",
    "assignment": """name = value;   or   a, b = value, value;
Gives a value a name. An s-op is shown on the running example as well.""",
    "comments": """# ...
What follows the sign, up to the end of the line, is for people. A comment right above a definition is what
`help NAME` says about it.""",
    "operators": """tightest first:
  x[i]   f(x)            index, call; s("abc") is what an s-op gives for an input
  not x   -x   +x
  a ^ b                  power
  a * b   a / b
  a % b                  remainder
  a + b   a - b
  ==  !=  <  <=  >  >=
  and  or                one level, from the left
  a if c else b
  x in list""",
}

#: Words and signs explained together with another one.
SEE: dict[str, str] = {
    "quit": "exit",
    "else": "if",
    "example": "set",
    **dict.fromkeys(
        ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "[", "[]", "x[i]"), "operators"
    ),
    "=": "assignment",
    "#": "comments",
}
