#include "src/run/run_model.hpp"

#include <fmt/format.h>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "snnsim/run_record.hpp"
#include "src/files/input_file.hpp"
#include "src/io/model_place.hpp"

namespace snnsim {

RunModel read_run_model(const std::string& model, const std::string& run) {
    const std::string path = beside_model(model, run).string();
    if (const std::string wrong = why_unreadable(path); !wrong.empty())
        throw FileError(fmt::format("cannot open {}: {}", path, wrong));
    const h5::Handle file = h5::open_to_read(path);
    const auto text = [&](const char* name) {
        return h5::has_attribute(file, name) ? h5::read_text(file, name) : std::string();
    };
    if (text("format") != "snnsim run" || text("kind") == "simulation")
        throw FileError(path + " is no run file of a training, which has a trained network");
    if (const std::string status = text("status"); status != name_of(RunStatus::finished))
        throw FileError(
            fmt::format("the training of {} is not finished, but {}; go on with "
                        "`snnsim --resume {}`",
                        path, status, path));
    return {run, h5::read_text(file, "model"), read_model_place(file),
            h5::read_texts(file, "overrides")};
}

AnyModel any_model_of(const std::string& model, const RunOptions& options) {
    return options.model_text
               ? parse_any_model(*options.model_text, model, options.overrides, read_run_model)
               : read_any_model(model, options.overrides, read_run_model);
}

}  // namespace snnsim
