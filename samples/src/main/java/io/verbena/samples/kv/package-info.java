/**
 * A key-value store: put, got and deleted by messages, and its short values also read out of the
 * server's memory without the server's doing.
 */
@NullMarked
package io.verbena.samples.kv;

import org.jspecify.annotations.NullMarked;
