// Reads which parameters of neurons are trained.
#include "src/model/read_fields.hpp"

namespace snnsim {

void FieldReader::read(const Value& value, const Meta& meta, std::vector<TrainableSpec>& out) {
    if (value.kind == Value::Kind::list) {
        for (const Value& item : value.list) {
            const std::string key = fmt::format("{}[{}]", meta.key, out.size());
            TrainableSpec& one = out.emplace_back();
            one.at = item.at;
            read_scalar(item, {key.c_str()}, one.name);
        }
        return;
    }
    if (value.kind != Value::Kind::map) {
        problems_.add(value, fmt::format("{} must be a list of parameters ([tau_m, v_th]) or a "
                                         "mapping ({{tau_m: {{per: cell}}}}), not {}",
                                         meta.key, describe(value)));
        return;
    }
    for (const Entry& entry : value.map) {
        TrainableSpec& one = out.emplace_back();
        one.name = entry.key;
        one.at = entry.at;
        if (entry.value.kind == Value::Kind::null) continue;  // `tau_m:` is `tau_m: {}`
        read_struct(entry.value, entry.key.c_str(), one);
    }
}

}  // namespace snnsim
