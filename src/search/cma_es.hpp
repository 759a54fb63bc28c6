// The covariance matrix adaptation evolution strategy (Hansen & Ostermeier 2001; Hansen 2016,
// "The CMA evolution strategy: a tutorial", arXiv:1604.00772).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace snnsim {

struct CmaEsOptions {
    std::vector<double> start;   // the mean of the first generation
    double sigma = 0.3;          // its standard deviation along each variable
    std::size_t population = 0;  // points of a generation; 0: 4 + 3 ln n
    std::uint64_t seed = 1;
    /// Variances alone are adapted, each variable for itself: for hundreds of variables.
    bool separable = false;
};

/// Looks for the lowest cost of points with n coordinates, of any size. What it asks for depends on
/// the options and on the costs alone, so that the same costs lead the same way again.
class CmaEs {
  public:
    explicit CmaEs(const CmaEsOptions& options);
    ~CmaEs();

    /// The points of the next generation. [population][n]
    std::vector<std::vector<double>> ask();
    /// Their costs, in their order; infinite or NaN where a point has none: it is the worst.
    void tell(const std::vector<double>& costs);

    std::vector<double> mean() const;
    /// The largest standard deviation along any direction.
    double spread() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace snnsim
