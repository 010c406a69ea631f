/**
 * Messages and remote memory over RDMA, or over TCP where there is no RDMA.
 *
 * <pre>
 *   Transport ── connect ──▶ Endpoint ── link() ──▶ Link.Rdma | Link.Tcp (and why)
 *       │                       │ send, receive            messages, ordered, once
 *       ├── listen ──▶ Listener │ read, write, fetchAdd    remote memory, by Operation
 *       └── allocate ─▶ RegisteredMemory ── grant ──▶ RemoteMemory
 * </pre>
 */
@NullMarked
package io.verbena;

import org.jspecify.annotations.NullMarked;
