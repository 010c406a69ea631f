package io.verbena.collective.launch;

import java.time.Duration;
import java.util.Map;

/** Finds out how this process was started. */
public final class Launch {
  private Launch() {}

  /**
   * Joins the processes that were started with this one: those that were told a rendezvous by
   * {@code VERBENA_} variables, of a PMIx server ({@code mpirun}, {@code srun --mpi=pmix}), of a
   * PMI-1 server ({@code mpiexec} of MPICH, {@code srun --mpi=pmi2}), or nobody.
   *
   * @param environment of the process
   * @param timeout how long the launcher may take to answer
   * @return the processes, to be closed by the caller
   * @throws LaunchException if the environment is contradictory or the launcher fails
   */
  public static Job join(Map<String, String> environment, Duration timeout) throws LaunchException {
    if (RendezvousJob.isWanted(environment)) {
      // First: it is the nearest where processes are started by hand below another launcher.
      return RendezvousJob.join(environment);
    }
    if (environment.containsKey("PMIX_RANK") && environment.containsKey("PMIX_NAMESPACE")) {
      return PmixJob.join(timeout);
    }
    if (environment.containsKey("PMI_FD")) {
      return PmiJob.join(environment, timeout);
    }
    String tasks = environment.getOrDefault("SLURM_STEP_NUM_TASKS", "1");
    if (!tasks.equals("1")) {
      throw new LaunchException(
          "this is one of %s tasks of srun, which tells them nothing of each other: start them with srun --mpi=pmix or srun --mpi=pmi2 (srun --mpi=list says what there is)"
              .formatted(tasks));
    }
    return new SingleJob();
  }
}
