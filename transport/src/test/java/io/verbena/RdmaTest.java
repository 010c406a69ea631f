package io.verbena;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that needs real verbs: it runs where there is an RDMA device and is skipped, with the
 * reason, elsewhere. With {@code -Dverbena.rdma.required=true}, which the testbed sets, a missing
 * device is a failure.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("rdma")
@ExtendWith(RdmaDevice.class)
public @interface RdmaTest {}
