package io.verbena.verbs;

/** What a completed work request was; stands for {@code enum ibv_wc_opcode}. */
public enum WorkKind {
  /** A send, with or without immediate data or the end of a peer's memory window. */
  SEND,
  /** A remote write, with or without immediate data. */
  WRITE,
  /** A remote read. */
  READ,
  /** A remote compare-and-swap of 64 bits. */
  COMPARE_AND_SWAP,
  /** A remote fetch-and-add of 64 bits. */
  FETCH_AND_ADD,
  /** The binding of a memory window. */
  BIND_WINDOW,
  /** The end of a memory window, asked for by its owner. */
  INVALIDATE,
  /** A receive that a peer's send filled; also every receive that failed. */
  RECEIVE,
  /** A receive that a peer's write with immediate data consumed: its buffer was not used. */
  RECEIVE_WRITE
}
