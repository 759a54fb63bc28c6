#include "src/search/cma_es.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "snnsim/error.hpp"
#include "src/search/search_draws.hpp"

namespace snnsim {

using Eigen::MatrixXd;
using Eigen::VectorXd;

struct CmaEs::State {
    std::size_t n, lambda, mu;
    bool separable;
    std::uint64_t seed;
    std::uint32_t generation = 0;

    VectorXd weights;  // of the mu best, the best first
    double mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi;

    VectorXd mean, path_sigma, path_c;
    double sigma;
    MatrixXd covariance;  // C = B diag(D^2) B'; of a separable search its diagonal alone is used
    MatrixXd axes;        // B
    VectorXd scales;      // D
    std::vector<VectorXd> steps;  // of the generation asked for, y = B D z

    explicit State(const CmaEsOptions& o)
        : n(o.start.size()),
          lambda(o.population > 0
                     ? o.population
                     : 4 + static_cast<std::size_t>(3.0 * std::log(static_cast<double>(n)))),
          mu(lambda / 2),
          separable(o.separable),
          seed(o.seed),
          weights(static_cast<Eigen::Index>(mu)),
          mean(Eigen::Map<const VectorXd>(o.start.data(), static_cast<Eigen::Index>(n))),
          path_sigma(VectorXd::Zero(mean.size())),
          path_c(VectorXd::Zero(mean.size())),
          sigma(o.sigma),
          covariance(MatrixXd::Identity(mean.size(), mean.size())),
          axes(covariance),
          scales(VectorXd::Ones(mean.size())) {
        SNN_EXPECT(n > 0 && lambda > 1);
        const auto size = static_cast<double>(n);
        for (std::size_t i = 0; i < mu; ++i) {
            weights[static_cast<Eigen::Index>(i)] =
                std::log((static_cast<double>(lambda) + 1.0) / 2.0) -
                std::log(static_cast<double>(i) + 1.0);
        }
        weights /= weights.sum();
        mu_eff = 1.0 / weights.squaredNorm();
        c_sigma = (mu_eff + 2.0) / (size + mu_eff + 5.0);
        d_sigma =
            1.0 + 2.0 * std::max(0.0, std::sqrt((mu_eff - 1.0) / (size + 1.0)) - 1.0) + c_sigma;
        c_c = (4.0 + mu_eff / size) / (size + 4.0 + 2.0 * mu_eff / size);
        c_1 = 2.0 / ((size + 1.3) * (size + 1.3) + mu_eff);
        c_mu = 2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((size + 2.0) * (size + 2.0) + mu_eff);
        if (separable) {  // Ros & Hansen 2008
            c_1 *= (size + 2.0) / 3.0;
            c_mu *= (size + 2.0) / 3.0;
        }
        c_1 = std::min(1.0, c_1);
        c_mu = std::min(1.0 - c_1, c_mu);
        chi = std::sqrt(size) * (1.0 - 1.0 / (4.0 * size) + 1.0 / (21.0 * size * size));
    }

    std::vector<std::vector<double>> ask() {
        std::vector<std::vector<double>> points;
        steps.clear();
        SearchDraws draws(seed, generation);
        for (std::size_t k = 0; k < lambda; ++k) {
            VectorXd z(mean.size());
            for (double& value : z) value = draws.normal();
            z = z.cwiseProduct(scales);
            steps.push_back(separable ? z : VectorXd(axes * z));
            const VectorXd x = mean + sigma * steps.back();
            points.emplace_back(x.begin(), x.end());
        }
        return points;
    }

    void tell(const std::vector<double>& costs) {
        SNN_EXPECT(costs.size() == lambda && steps.size() == lambda);
        const auto cost = [&](std::size_t k) {
            return std::isnan(costs[k]) ? std::numeric_limits<double>::infinity() : costs[k];
        };
        std::vector<std::size_t> order(lambda);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return cost(a) < cost(b); });
        ++generation;

        VectorXd step = VectorXd::Zero(mean.size());
        for (std::size_t i = 0; i < mu; ++i) step += weight(i) * steps[order[i]];
        mean += sigma * step;

        const VectorXd white =
            separable ? VectorXd(step.cwiseQuotient(scales))
                      : VectorXd(axes * (axes.transpose() * step).cwiseQuotient(scales));
        path_sigma =
            (1.0 - c_sigma) * path_sigma + std::sqrt(c_sigma * (2.0 - c_sigma) * mu_eff) * white;
        const auto size = static_cast<double>(n);
        const double begun = 1.0 - std::pow(1.0 - c_sigma, 2.0 * generation);
        const bool stalled =
            path_sigma.norm() / std::sqrt(begun) >= (1.4 + 2.0 / (size + 1.0)) * chi;
        path_c = (1.0 - c_c) * path_c;
        if (!stalled) path_c += std::sqrt(c_c * (2.0 - c_c) * mu_eff) * step;

        const double kept = 1.0 - c_1 - c_mu + (stalled ? c_1 * c_c * (2.0 - c_c) : 0.0);
        covariance = kept * covariance + c_1 * (path_c * path_c.transpose());
        for (std::size_t i = 0; i < mu; ++i) {
            const VectorXd& y = steps[order[i]];
            covariance += c_mu * weight(i) * (y * y.transpose());
        }
        sigma *= std::exp(std::min(1.0, c_sigma / d_sigma * (path_sigma.norm() / chi - 1.0)));
        find_axes();
        steps.clear();
    }

    double weight(std::size_t i) const { return weights[static_cast<Eigen::Index>(i)]; }

    void find_axes() {
        if (separable) {
            scales = covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
            return;
        }
        covariance = (0.5 * (covariance + covariance.transpose())).eval();
        const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(covariance);
        axes = solver.eigenvectors();
        // Rounding may leave a direction without variance, along which nothing would move again.
        const double least = 1e-14 * solver.eigenvalues().maxCoeff();
        scales = solver.eigenvalues().cwiseMax(least).cwiseSqrt();
    }
};

CmaEs::CmaEs(const CmaEsOptions& options) : state_(std::make_unique<State>(options)) {}
CmaEs::~CmaEs() = default;

std::vector<std::vector<double>> CmaEs::ask() {
    return state_->ask();
}
void CmaEs::tell(const std::vector<double>& costs) {
    state_->tell(costs);
}
std::vector<double> CmaEs::mean() const {
    return {state_->mean.begin(), state_->mean.end()};
}
double CmaEs::spread() const {
    return state_->sigma * state_->scales.maxCoeff();
}

}  // namespace snnsim
