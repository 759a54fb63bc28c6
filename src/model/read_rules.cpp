// Reads the section `rules`: rules of plasticity that are written as equations.
#include <algorithm>

#include "src/equations/rule_equations.hpp"
#include "src/model/definition_reader.hpp"

namespace snnsim {

void FieldReader::read(const Value& value, const Meta& meta, std::vector<RuleDefinition>& out) {
    if (!expect_map(value, meta.key)) return;
    for (const Entry& entry : value.map) {
        if (!DefinitionReader(*this, entry).is_new<PlasticityRules>("rule")) continue;
        RuleDefinition d{entry.key, entry.at, read_rule(entry)};
        rules_.push_back(d);
        out.push_back(std::move(d));
    }
}

std::shared_ptr<const RuleEquations> FieldReader::read_rule(const Entry& entry) {
    if (!expect_map(entry.value, entry.key.c_str())) return nullptr;
    const std::size_t before = problems_.count();
    DefinitionReader in(*this, entry);
    RuleSource rule;
    rule.name = entry.key;
    in.named("parameters", rule.parameters);
    in.lines("pre", rule.pre);
    in.lines("post", rule.post);
    in.lines("synapse", rule.synapse);
    in.lines("on_pre", rule.on_pre);
    in.lines("on_post", rule.on_post);
    in.lines("on_reward", rule.on_reward);
    in.check_keys({"parameters", "pre", "post", "synapse", "on_pre", "on_post", "on_reward"});
    std::vector<std::string> taken{PlasticitySpec::alternative().key};
    PlasticitySpec::fields().for_each([&](const auto& f) { taken.push_back(f.name); });
    in.check_parameters(rule.parameters, "plasticity", taken);
    if (problems_.count() > before) return nullptr;
    std::optional<RuleEquations> made = compile_rule(rule, in.report());
    if (!made) return nullptr;
    const auto set_place = [&](auto& one) { one.place = in.place(one.source, one.at); };
    for (auto& argument : made->arguments) set_place(argument);
    for (auto& trace : made->pre) set_place(trace);
    for (auto& trace : made->post) set_place(trace);
    if (made->variable) set_place(*made->variable);
    for (auto& event : made->events) set_place(event);
    return std::make_shared<const RuleEquations>(std::move(*made));
}

bool FieldReader::read_defined(const Value& plasticity, const Value& name, PlasticitySpec& out,
                               std::vector<std::string>& known) {
    const auto d = std::find_if(rules_.begin(), rules_.end(), [&](const RuleDefinition& one) {
        return one.equations && name.kind == Value::Kind::scalar && one.name == name.text;
    });
    if (d == rules_.end()) return false;
    EquationRule::Params params;
    params.equations = d->equations;
    for (const Definition::Parameter& p : d->equations->parameters) {
        params.values.push_back(p.value);
        known.push_back(p.name);
        if (const Value* const v = plasticity.find(p.name))
            read_scalar(*v, {p.name.c_str(), p.unit.c_str()}, params.values.back());
    }
    out.rule = std::move(params);
    return true;
}

}  // namespace snnsim
