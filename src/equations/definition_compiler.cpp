#include "src/equations/definition_compiler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "src/equations/cell_equations.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim {

using Op = EquationOp;

bool DefinitionCompiler::declare(const std::string& name, const SourceText& source,
                                 const char* what, std::size_t at) {
    std::string wrong;
    if (!is_identifier(name)) {
        wrong = fmt::format("'{}' is no name for a {}: letters, digits and '_', a letter first",
                            excerpt(name), what);
    } else if (is_reserved(name)) {
        wrong = fmt::format("'{}' has a meaning in equations already; call the {} otherwise", name,
                            what);
    } else if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
        wrong = fmt::format("'{}' is there twice", name);
    } else {
        names_.push_back(name);
        return true;
    }
    problem(source, at, wrong);
    return false;
}

void DefinitionCompiler::declare_parameters(const std::vector<NamedText>& sources) {
    for (const NamedText& named : sources) {
        const std::string& name = named.first;
        const SourceText& source = named.second;
        if (!declare(name, source, "parameter")) continue;
        attempt(source, [&] {
            const Typed value = setup_scope(false).typed(parse_expression(source.text));
            const GraphNode& node = definition_.graph[value.node];
            if (value.condition || node.op != Op::number)
                throw ExpressionError{
                    0, fmt::format("{} is a number with its unit, such as 20 ms", name)};
            definition_.parameters.push_back({name, unit_text(value.dims), node.value});
            parameter_dims_.push_back(value.dims);
        });
    }
}

std::optional<Typed> DefinitionCompiler::parameter(const std::string& name) {
    for (std::size_t k = 0; k < definition_.parameters.size(); ++k)
        if (definition_.parameters[k].name == name)
            return Typed{definition_.graph.leaf(Op::parameter, k), parameter_dims_[k]};
    return std::nullopt;
}

ExpressionScope DefinitionCompiler::setup_scope(bool with_parameters) {
    std::vector<std::string> known;
    if (with_parameters)
        for (const auto& p : definition_.parameters) known.push_back(p.name);
    return {definition_.graph,
            [this, with_parameters](const std::string& name, std::size_t) -> std::optional<Typed> {
                if (!with_parameters) return std::nullopt;
                return parameter(name);
            },
            known, watch()};
}

ExpressionScope::Watch DefinitionCompiler::watch() {
    return [this](EquationOp op, NodeId node, std::size_t at) {
        definition_.arguments.push_back({op, node, current_source_, at});
    };
}

}  // namespace snnsim
