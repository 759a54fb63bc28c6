// The commands of the program, one file each.
#pragma once

namespace CLI {
class App;
}

namespace snnsim {

constexpr int interrupted_status = 130;

/// Each adds its command with its options; what it does, it does while `app` parses. `status` is
/// what the program ends with.
void add_run_command(CLI::App& app, int& status);
void add_test_command(CLI::App& app, int& status);
void add_weights_command(CLI::App& app);
void add_check_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_search_command(CLI::App& app);
void add_evolve_command(CLI::App& app);
void add_study_command(CLI::App& app);
void add_encode_command(CLI::App& app);
void add_events_command(CLI::App& app);
void add_import_command(CLI::App& app);
void add_export_command(CLI::App& app);
void add_verify_command(CLI::App& app, int& status);
void add_stats_command(CLI::App& app);
void add_devices_command(CLI::App& app);
void add_reference_command(CLI::App& app);

}  // namespace snnsim
