package io.verbena.collective;

/** The reductions that are built in. */
enum Operator {
  SUM("sum"),
  PRODUCT("product"),
  MIN("min"),
  MAX("max"),
  AND("and"),
  OR("or"),
  XOR("xor"),
  MIN_LOC("min-loc"),
  MAX_LOC("max-loc");

  /** As messages call it. */
  final String title;

  Operator(String title) {
    this.title = title;
  }
}
