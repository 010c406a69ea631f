package io.verbena.samples.demo;

import io.netty.buffer.ByteBuf;

/**
 * What the demo asks its second process to do. The first byte of the message, a letter, says which.
 */
enum Request {
  /** Send this message back. */
  ECHO('e'),
  /** Count the bytes of this message. */
  COUNT('c'),
  /** Answer with the bytes counted since last asked, a long. */
  TOTAL('t'),
  /**
   * With a seed: the next message has that seed's content. Answer three times: with an empty
   * message as soon as it is there, with the place of its first wrong byte, or -1, a long, and with
   * a message of the same length and the content of the next seed.
   */
  CHECK_MESSAGE('m'),
  /**
   * With a length and a seed: allocate memory, fill it with the seed's content but for the last
   * word, a counter, which is zero, and answer with a grant of it.
   */
  GRANT('g'),
  /** With a seed: answer with the place of the first wrong byte in the granted memory, or -1. */
  CHECK_MEMORY('r'),
  /** Answer with the counter, a long. */
  COUNTER('a');

  private static final Request[] VALUES = values();

  private final char letter;

  Request(char letter) {
    this.letter = letter;
  }

  /** Appends the letter of this request. */
  ByteBuf writeTo(ByteBuf message) {
    return message.writeByte(letter);
  }

  /** Which request a message is; leaves the message as it is. */
  static Request of(ByteBuf message) throws DemoFailure {
    int first = message.isReadable() ? message.getUnsignedByte(message.readerIndex()) : -1;
    for (Request request : VALUES) {
      if (request.letter == first) {
        return request;
      }
    }
    throw new DemoFailure("the second process got a request that there is not: " + first);
  }
}
