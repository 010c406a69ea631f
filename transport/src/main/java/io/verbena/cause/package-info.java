/**
 * Why RDMA does not work, and what helps: the one catalogue, from which the verbs, the connection
 * manager, the transport and the doctor take their words. Internal. What one verb only can say of a
 * caller's mistake stands with that verb.
 */
@NullMarked
package io.verbena.cause;

import org.jspecify.annotations.NullMarked;
