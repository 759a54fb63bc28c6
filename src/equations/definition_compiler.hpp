// What the compilers of cells and of rules have in common: names, parameters, problems.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/equations/definition.hpp"
#include "src/equations/syntax.hpp"
#include "src/equations/typed.hpp"

namespace snnsim {

class DefinitionCompiler {
  protected:
    /// Both live longer.
    DefinitionCompiler(Definition& definition, const ReportProblem& report)
        : definition_(definition), report_(report) {}

    /// Without a message: what follows from a problem that has been told.
    void problem(const SourceText& source, std::size_t at, const std::string& message) {
        sound_ = false;
        if (!message.empty()) report_(source, at, message);
    }
    /// Reports what f throws.
    template <class F>
    void attempt(const SourceText& source, F&& f) {
        try {
            f();
        } catch (const ExpressionError& e) {
            problem(source, e.at, e.message);
        }
    }

    /// False, and a problem, where the name cannot be given.
    bool declare(const std::string& name, const SourceText& source, const char* what,
                 std::size_t at = 0);
    void declare_parameters(const std::vector<NamedText>& sources);
    std::optional<Typed> parameter(const std::string& name);
    /// A scope of parameters alone.
    ExpressionScope setup_scope(bool with_parameters);
    ExpressionScope::Watch watch();

    bool sound_ = true;
    std::vector<std::string> names_;
    std::vector<Dims> parameter_dims_;
    SourceText current_source_;  // of the expression under way

  private:
    Definition& definition_;
    const ReportProblem& report_;
};

}  // namespace snnsim
