package io.verbena;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that needs two hosts, because it spoils the network between them: {@code ./verbena test}
 * runs it in the first of two guests, with {@code io.verbena.verbs.PeerProgram} in the second.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("rdma")
@Tag("rdma-two-hosts")
@EnabledIfEnvironmentVariable(
    named = "TESTBED_HOSTS",
    matches = "2",
    disabledReason = "needs two guests; ./verbena test starts them")
@ExtendWith(RdmaDevice.class)
public @interface TwoHostTest {}
