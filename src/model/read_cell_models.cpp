// Reads the section `models`: cells that are written as equations.
#include <algorithm>

#include "snnsim/error.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/equations/program.hpp"
#include "src/model/definition_reader.hpp"

namespace snnsim {
namespace {

/// Names that have another meaning beside the parameters of a population, in the model file or in
/// the run file.
std::vector<std::string> taken_names() {
    std::vector<std::string> out{"model", "method", "weight_steps"};
    CellPopulationSpec::fields().for_each([&](const auto& f) { out.emplace_back(f.name); });
    return out;
}

}  // namespace

void FieldReader::read(const Value& value, const Meta& meta, std::vector<CellDefinition>& out) {
    if (!expect_map(value, meta.key)) return;
    for (const Entry& entry : value.map) {
        if (!DefinitionReader(*this, entry).is_new<CellModels>("model")) continue;
        CellDefinition d{entry.key, entry.at, read_cell_model(entry)};
        definitions_.push_back(d);
        out.push_back(std::move(d));
    }
}

std::shared_ptr<const CellEquations> FieldReader::read_cell_model(const Entry& entry) {
    if (!expect_map(entry.value, entry.key.c_str())) return nullptr;
    const std::size_t before = problems_.count();
    DefinitionReader in(*this, entry);
    CellSource cell;
    cell.name = entry.key;
    in.named("parameters", cell.parameters);
    in.named("state", cell.states);
    in.named("receptors", cell.receptors);
    in.lines("equations", cell.equations);
    in.lines("reset", cell.reset);
    in.scalar("threshold", cell.threshold);
    in.scalar("refractory", cell.refractory);
    in.scalar("output", cell.output);
    in.scalar("output_max", cell.output_max);
    in.scalar("current", cell.current);
    in.scalar("method", cell.method);
    if (cell.method) {
        const auto& all = Names<EquationMethod>::values;
        const std::vector<std::string> names(all.begin() + 1, all.end());  // but automatic
        const auto known = std::find(names.begin(), names.end(), cell.method->text);
        if (known == names.end()) {
            problems_.add(
                *entry.value.find("method"),
                fmt::format("unknown method '{}'{} (known: {})", excerpt(cell.method->text),
                            did_you_mean(cell.method->text, names), join(names)));
        } else {
            cell.by = static_cast<EquationMethod>(known - names.begin() + 1);
        }
    }
    in.check_keys({"parameters", "state", "equations", "threshold", "reset", "refractory",
                   "receptors", "output", "output_max", "current", "method"});
    in.check_parameters(cell.parameters, "populations", taken_names());
    if (problems_.count() > before) return nullptr;
    std::optional<CellEquations> made = compile_cell(cell, in.report());
    if (!made) return nullptr;
    for (auto& one : made->arguments) one.place = in.place(one.source, one.at);
    for (auto& rate : made->rates) rate.place = in.place(rate.source, rate.at);
    try {
        lower(*made);
    } catch (const ModelError& e) {  // too long
        problems_.add(entry.at, e.what());
        return nullptr;
    }
    return std::make_shared<const CellEquations>(std::move(*made));
}

bool FieldReader::read_defined(const Value& population, const Value& name, CellPopulationSpec& out,
                               std::vector<std::string>& known) {
    const auto d =
        std::find_if(definitions_.begin(), definitions_.end(), [&](const CellDefinition& one) {
            return one.equations && name.kind == Value::Kind::scalar && one.name == name.text;
        });
    if (d == definitions_.end()) return false;
    EquationCell::Params params;
    params.equations = d->equations;
    for (const CellEquations::Parameter& p : d->equations->parameters) {
        params.values.push_back(p.value);
        known.push_back(p.name);
        const Value* const v = population.find(p.name);
        if (!v) continue;
        const Meta meta{p.name.c_str(), p.unit.c_str(), unlimited, true};
        if (v->kind == Value::Kind::map) {
            read_varied(*v, meta, params.values.back(), out.varied);
        } else {
            read_scalar(*v, meta, params.values.back());
        }
    }
    out.cell = std::move(params);
    return true;
}

bool FieldReader::is_parameter_of_equations(const CellPopulationSpec& out, std::string_view name) {
    const CellEquations* const own = out.equations();
    return own && std::any_of(own->parameters.begin(), own->parameters.end(),
                              [&](const CellEquations::Parameter& p) { return p.name == name; });
}

}  // namespace snnsim
